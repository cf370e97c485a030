"""The fault matrix: which tests hold each row of it. A row without a test that exists has to say why.

Numbers that are missing were never given. A test is named by its file below `tests/` and its name.
"""

from __future__ import annotations

import ast
import functools
from pathlib import Path

import pytest

TESTS = Path(__file__).parent.parent
NUMBERS = {
    *(
        1,
        2,
        3,
        4,
        6,
        7,
        8,
        10,
        11,
        12,
        13,
        15,
        16,
        17,
        18,
        19,
        20,
        21,
        23,
        25,
        26,
        27,
        29,
        30,
        31,
        32,
        33,
        34,
        36,
        37,
        38,
    ),
    *(
        40,
        41,
        43,
        44,
        45,
        46,
        47,
        48,
        49,
        50,
        52,
        53,
        54,
        55,
        56,
        58,
        59,
        60,
        61,
        63,
        64,
        65,
        66,
        68,
        69,
        71,
        72,
        74,
        75,
    ),
    *(76, 78, 79, 80, 81, 83, 84, 86, 88, 89, 90, 91, 93),
}
SOURCE: dict[int, list[str]] = {
    1: [
        "faults/test_source.py::test_1_7_what_is_no_python_is_one_finding_each",
        "faults/test_source.py::test_1_what_parses_and_does_not_compile_is_one_finding_each",
        "test_bad_files.py::test_a_file_that_cannot_be_analysed_is_one_finding_and_exit_1",
    ],
    2: ["faults/test_source.py::test_2_3_4_6_what_is_read_differently_by_anybody_is_one_finding_each"],
    3: ["test_bad_files.py::test_a_declared_encoding_in_which_tools_read_something_else"],
    4: ["faults/test_source.py::test_2_3_4_6_what_is_read_differently_by_anybody_is_one_finding_each"],
    6: ["faults/test_source.py::test_2_3_4_6_what_is_read_differently_by_anybody_is_one_finding_each"],
    7: ["faults/test_source.py::test_1_7_what_is_no_python_is_one_finding_each"],
    8: ["faults/test_source.py::test_8_line_ends_change_no_finding", "test_facts.py::test_line_ends_do_not_matter"],
    10: [
        "faults/test_source.py::test_10_11_what_is_long_and_not_deep_passes",
        "test_bad_files.py::test_unusual_but_right_files_pass_every_gate",
    ],
    11: [
        "faults/test_source.py::test_11_what_would_be_compiled_for_ever_is_read_at_once",
        "faults/test_source.py::test_11_12_13_what_is_too_deep_to_analyse_is_one_finding_each_and_hides_no_other",
        "test_facts.py::test_no_bytes_crash_the_analysis",
    ],
    12: [
        "faults/test_mutations.py::test_no_violation_is_lost_without_a_line_that_says_why",
        "test_bad_files.py::test_padding_never_hides_a_finding_behind_green",
    ],
    13: [
        "faults/test_source.py::test_11_12_13_what_is_too_deep_to_analyse_is_one_finding_each_and_hides_no_other",
        "test_bad_files.py::test_one_bad_file_does_not_take_the_findings_of_others_with_it",
    ],
    15: [
        "faults/test_source.py::test_15_a_marker_or_a_name_leaves_nothing_out",
        "faults/test_source.py::test_15_what_the_policy_leaves_out_is_named",
    ],
    16: ["faults/test_source.py::test_16_which_files_are_inspected"],
}
FILES: dict[int, list[str]] = {
    17: [
        "faults/test_names.py::test_17_21_each_name_is_one_annotation_at_its_true_path",
        "test_bad_names.py::test_a_name_never_hides_a_finding",
    ],
    18: [
        "test_bad_names.py::test_a_name_never_hides_a_finding",
        "test_bad_names.py::test_paths_that_look_like_options_can_be_asked_for",
        "e2e/test_hook.py::test_odd_names_change_nothing",
        "e2e/test_pre_commit.py::test_odd_names_change_nothing",
    ],
    19: [
        "faults/test_names.py::test_17_21_each_name_is_one_annotation_at_its_true_path",
        "reporters/test_github.py::test_exactly_the_annotations_that_github_shows_and_no_other_command",
        "reporters/test_hostile.py::test_no_line_of_a_format_that_a_log_may_hold_is_a_command_of_the_runner",
    ],
    20: ["reporters/test_github.py::test_a_file_name_arrives_as_it_is"],
    21: [
        "reporters/test_hostile.py::test_the_command_writes_nothing_that_steers_or_breaks_out",
        "test_text.py::test_nothing_that_comes_out_can_move_a_cursor",
    ],
    23: [
        "faults/test_names.py::test_23_more_names_than_a_command_line_holds",
        "test_bad_names.py::test_a_very_long_name",
    ],
    25: [
        "faults/test_names.py::test_25_what_a_link_leads_to_is_never_read",
        "faults/test_names.py::test_25_what_lies_in_a_folder_that_became_a_link_is_never_read",
    ],
    26: [
        "faults/test_names.py::test_26_what_is_no_file_is_a_finding_and_nobody_waits_for_it",
        "test_bad_files.py::test_a_pipe_named_like_python_is_refused_and_nobody_waits_for_it",
    ],
    27: ["faults/test_names.py::test_27_what_may_not_be_read_is_no_verdict"],
}
GIT: dict[int, list[str]] = {
    29: [
        "test_git_hostile.py::test_outside_of_a_repository",
        "test_git_hostile.py::test_a_bare_repository_among_the_files_is_not_taken_for_one",
        "e2e/test_since.py::test_without_a_repository",
    ],
    30: [
        "test_git_states.py::test_before_the_first_commit",
        "e2e/test_since.py::test_before_the_first_commit",
        "e2e/test_staged.py::test_before_the_first_commit",
    ],
    31: [
        "e2e/test_staged.py::test_each_combination_of_head_index_and_work_tree",
        "e2e/test_hook.py::test_a_partly_staged_file_is_judged_as_it_is_staged",
    ],
    32: [
        "e2e/test_staged.py::test_all_combinations_at_once",
        "e2e/test_since.py::test_a_file_that_was_moved_takes_its_debt_along",
        "test_git_files.py::test_modes",
        "test_git_states.py::test_a_tracked_file_that_is_deleted_is_no_file_of_the_project",
    ],
    33: [
        "e2e/test_staged.py::test_a_conflict_in_the_index",
        "e2e/test_since.py::test_a_base_in_the_middle_of_a_merge",
        "test_git_states.py::test_a_merge_conflict_is_a_finding_and_every_file_is_listed_once",
    ],
    34: [
        "e2e/test_since.py::test_a_shallow_clone_says_what_to_fetch",
        "e2e/test_since.py::test_histories_that_have_nothing_in_common",
        "action/test_action.py::test_a_base_that_was_not_fetched_is_an_error_with_its_remedy",
    ],
    36: [
        "test_git_hooks.py::test_a_hook_sees_what_is_going_to_be_committed",
        "test_git_states.py::test_variables_that_git_gives_to_hooks_do_not_move_the_check_elsewhere",
        "e2e/test_staged.py::test_a_linked_worktree_has_an_index_of_its_own",
    ],
    37: [
        "faults/test_git.py::test_37_a_lock_on_the_index_and_a_repository_that_cannot_be_written_change_nothing",
        "e2e/test_staged.py::test_in_the_hook_of_a_commit",
    ],
    38: [
        "faults/test_git.py::test_38_what_git_did_not_check_out_is_named_and_neither_resolved_nor_removed",
        "faults/test_git.py::test_38_what_git_did_not_check_out_is_not_deleted_and_what_is_another_repository_is_not_entered",
        "e2e/test_staged.py::test_a_submodule_is_not_entered",
        "test_git_states.py::test_a_nested_repository_is_not_entered",
        "test_git_files.py::test_flags_and_forms_of_the_index_do_not_matter",
    ],
    40: [
        "test_git_hostile.py::test_the_repositorys_configuration_runs_nothing",
        "test_git_states.py::test_the_repositorys_configuration_runs_nothing",
        "test_git_files.py::test_contents_are_raw_whatever_attributes_say",
    ],
}
RULES: dict[int, list[str]] = {
    41: [
        "faults/test_rules.py::test_41_a_mistake_ends_the_run_and_says_where",
        "faults/test_rules.py::test_41_what_is_there_and_cannot_be_read_is_not_taken_for_no_rules",
        "test_config.py::test_a_mistake_ends_the_run_with_file_line_and_advice",
    ],
    43: [
        "test_stricter.py::test_the_judge_is_never_looser_than_either",
        "test_loosened.py::test_a_loosening_is_named_with_key_values_and_line",
    ],
    44: [
        "test_suppressions_gate.py::test_what_a_change_adds",
        "test_tests_gate.py::test_new_marks_are_found",
        "tools/test_mypy.py::test_a_comment_that_silences_a_whole_file_is_no_silent_pass",
    ],
    45: [
        "faults/test_names.py::test_45_a_file_that_makes_a_folder_look_like_an_environment_hides_nothing",
        "test_git_states.py::test_ignored_files_are_not_inspected_unless_they_are_tracked",
        "tools/test_ruff.py::test_the_projects_own_configuration_changes_nothing_unless_asked_for",
        "tools/test_ruff.py::test_an_inherited_configuration_cannot_leave_files_out",
    ],
    46: [
        "faults/test_git.py::test_46_debt_in_a_file_that_cannot_be_read_is_not_resolved",
        "test_baseline_file.py::test_what_is_no_baseline_is_refused",
        "test_baseline_file.py::test_what_is_no_baseline_ends_the_check",
        "test_baseline_file.py::test_a_part_of_the_file_is_no_file",
        "test_baseline_file.py::test_bytes_that_were_changed_never_accept_what_the_file_does_not",
        "test_baseline.py::test_a_count_that_was_made_up_fails_under_lock",
        "test_baseline.py::test_what_is_gone_is_a_note_and_under_lock_an_error",
    ],
    47: [
        "test_policy.py::test_a_policy_that_cannot_be_verified_fails_only_in_ci",
        "e2e/test_since.py::test_a_change_that_brings_the_first_rules_is_no_error_in_ci",
        "faults/test_rules.py::test_41_rules_behind_a_link_hold_and_are_not_dropped_where_a_commit_is_judged",
    ],
    48: ["tools/test_mypy.py::test_an_inherited_configuration_that_mypy_ignores_is_no_pass"],
}
TOOLS: dict[int, list[str]] = {
    49: [
        "test_bad_input.py::test_a_missing_tool_is_no_verdict_and_says_how_to_install_it",
        "test_bad_input.py::test_a_program_missing_although_its_package_is_installed",
    ],
    50: [
        "test_bad_input.py::test_a_version_that_was_not_tested_is_no_verdict",
        "test_bad_input.py::test_a_pinned_version_that_is_not_installed_is_no_verdict",
    ],
    52: ["test_bad_files.py::test_without_the_gate_files_what_cannot_be_analysed_breaks_the_others"],
    53: ["test_bad_input.py::test_a_tool_that_misbehaves_never_passes"],
    54: ["tools/test_ruff.py::test_what_is_no_diagnostic_is_no_result"],
    55: [
        "tools/test_ruff.py::test_a_file_that_was_not_asked_about_is_no_result",
        "tools/test_ruff.py::test_places_outside_of_a_file_become_places_in_it",
        "test_engine.py::test_findings_outside_of_the_project_break_the_gate",
    ],
    56: ["test_process.py::test_too_much_output_is_drained_and_is_no_result"],
    58: [
        "test_process.py::test_a_time_limit_kills_the_group_with_grandchildren_that_ignore_sigterm",
        "test_interrupts.py::test_a_time_limit_kills_everything_that_the_tool_started",
    ],
    59: ["test_process.py::test_a_crash_names_the_signal_and_the_last_words"],
    60: ["test_unearned_green.py::test_a_file_that_changes_during_the_check_is_no_verdict"],
    61: ["test_process.py::test_standard_input_is_empty_unless_given"],
    63: ["faults/test_tools.py::test_63_a_second_look_finds_such_a_tool_out"],
    64: ["test_process.py::test_a_check_executes_no_code_of_the_project"],
    65: ["test_process.py::test_a_check_executes_no_code_of_the_project"],
}
STORAGE: dict[int, list[str]] = {
    66: ["test_bad_input.py::test_a_read_only_checkout_is_checked_like_any_other"],
    68: ["test_interrupts.py::test_a_full_disk_under_standard_output_is_no_pass"],
    69: ["test_cache.py::test_a_process_that_is_killed_leaves_a_store_that_is_whole"],
    71: ["test_cache.py::test_a_wrong_entry_is_a_miss"],
    72: ["e2e/test_shared_cache.py::test_eight_checks_of_two_checkouts_at_once"],
    74: [
        "test_interrupts.py::test_an_impatient_reader_who_interrupts_three_times",
        "test_interrupts.py::test_a_report_of_an_earlier_check_is_not_taken_for_that_of_one_that_was_interrupted",
    ],
    75: ["test_interrupts.py::test_a_signal_ends_the_check_and_everything_that_it_started"],
    76: ["test_interrupts.py::test_a_reader_that_goes_away_is_no_pass_and_no_traceback"],
    78: ["test_bad_input.py::test_low_limits_of_the_system_never_turn_a_failure_green"],
}
REPORTS: dict[int, list[str]] = {
    79: [
        "reporters/test_github.py::test_the_last_annotation_says_how_many_more_there_are",
        "reporters/test_formats.py::test_sarif_holds_what_github_takes_the_worst_first_and_says_what_is_left_out",
        "reporters/test_markdown.py::test_a_hundred_thousand_findings_fit_and_the_rest_is_counted",
    ],
    80: ["reporters/test_hostile.py::test_no_text_in_any_field_leaves_its_place"],
    81: [
        "reporters/test_hostile.py::test_no_text_in_any_field_leaves_its_place",
        "reporters/test_formats.py::test_any_report_fits_the_schema_and_counts_agree",
    ],
    83: ["action/test_action.py::test_findings_are_annotations_summary_files_and_outputs"],
    86: [
        "test_determinism.py::test_jobs_and_cache",
        "test_determinism.py::test_hash_seed",
        "test_determinism.py::test_locale_terminal_and_time_zone",
    ],
    88: ["action/test_action.py::test_an_input_is_never_a_script"],
    89: ["action/test_action.py::test_no_secret_is_asked_for"],
    90: ["action/test_action.py::test_what_the_runner_does_not_take_changes_no_verdict"],
    91: [
        "reporters/test_hostile.py::test_a_known_boundary_in_a_file_does_not_end_its_quote",
        "reporters/test_hostile.py::test_the_command_writes_nothing_that_steers_or_breaks_out",
    ],
}
HELD = SOURCE | FILES | GIT | RULES | TOOLS | STORAGE | REPORTS
NOT_HELD = {
    84: "Windows is not supported (pyproject.toml says POSIX); a console that is not UTF-8 is part of row 86.",
    93: "There is no server of tools for agents that could be asked for a path.",
}


@functools.cache
def defined(file: str) -> frozenset[str]:
    path = TESTS / file
    nodes = ast.walk(ast.parse(path.read_bytes())) if path.exists() else ()
    return frozenset(each.name for each in nodes if isinstance(each, ast.FunctionDef))


def test_each_row_has_tests_or_a_reason() -> None:
    assert HELD.keys() | NOT_HELD.keys() == NUMBERS
    assert not HELD.keys() & NOT_HELD.keys()
    assert all(HELD.values())


@pytest.mark.parametrize("number", HELD)
def test_the_tests_of_a_row_exist(number: int) -> None:
    for each in HELD[number]:
        file, _, name = each.partition("::")
        assert name.startswith("test_"), each
        assert name in defined(file), each
