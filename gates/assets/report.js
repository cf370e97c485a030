"use strict";
(() => {
  const PER_PAGE = 200;
  const UNFOLDED = 30;
  const KEYS = ["q", "gate", "severity", "status", "origin", "file", "rule", "group", "page"];
  const CONTROLS = ["q", "gate", "severity", "status", "origin"].filter((key) => document.getElementById(key));
  const SEVERITIES = ["error", "warning", "note"];
  const STATUSES = ["open", "accepted", "suppressed", "out_of_scope"];
  const KINDS = ["error", "noted", "known", "elsewhere"];
  const CLASSES = ["error", "noted", "known", "known"];
  const [PATH, LINE, COLUMN, RULE, SEVERITY, STATUS, ORIGIN, MESSAGE, SYMBOL, REASON, HELP, GROUP, ID] = Array(13).keys();

  const byId = (id) => document.getElementById(id);
  const { texts, rows } = JSON.parse(byId("data").textContent);
  const list = byId("list");
  const cards = [...list.querySelectorAll("li.finding")];
  const isOpen = (row) => row[STATUS] === 0;
  const isKnown = (row) => row[STATUS] === 1 || row[STATUS] === 2;
  const kind = (row) => (isOpen(row) ? Math.min(row[SEVERITY], 1) : isKnown(row) ? 2 : 3);
  const standard = { status: rows.some(isOpen) ? "open" : "all" };
  const state = {};
  let haystacks = null;

  const counted = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;

  const element = (name, className, ...children) => {
    const made = document.createElement(name);
    if (className) made.className = className;
    made.append(...children);
    return made;
  };

  const prose = (text) => {
    const parts = text.split("`");
    return parts.length % 2 ? parts.map((part, at) => (at % 2 ? element("code", "", part) : part)) : [text];
  };

  const haystack = (row) => {
    const said = [PATH, RULE, MESSAGE, SYMBOL, REASON].map((column) => texts[row[column]]);
    return [...said, row[ID]].join("\n").toLowerCase();
  };

  const readState = () => {
    const asked = new URLSearchParams(location.hash.slice(1));
    for (const key of KEYS) state[key] = asked.get(key) ?? standard[key] ?? "";
  };

  const writeState = () => {
    const said = new URLSearchParams();
    for (const key of KEYS) if (state[key] && state[key] !== standard[key]) said.set(key, state[key]);
    try {
      history.replaceState(null, "", `#${said}`);
    } catch {
      // A viewer that forbids it loses the link to this view, and nothing else.
    }
  };

  const conditions = () => {
    const found = [];
    const same = (column, text) => {
      const at = texts.indexOf(text);
      found.push((row) => row[column] === at);
    };
    if (state.status !== "all") {
      const status = STATUSES.indexOf(state.status);
      found.push(state.status === "known" ? isKnown : (row) => row[STATUS] === status);
    }
    if (state.severity) found.push((row) => SEVERITIES[row[SEVERITY]] === state.severity);
    if (state.origin) same(ORIGIN, state.origin);
    if (state.gate) found.push((row) => texts[row[RULE]].startsWith(`${state.gate}/`));
    if (state.file) same(PATH, state.file);
    if (state.rule) same(RULE, state.rule);
    if (state.group) same(GROUP, state.group);
    if (state.q) {
      haystacks ??= rows.map(haystack);
      const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
      found.push((row, at) => words.every((word) => haystacks[at].includes(word)));
    }
    return found;
  };

  const card = (at) => {
    if (at < cards.length) return cards[at];
    const row = rows[at];
    const severity = SEVERITIES[row[SEVERITY]];
    const symbol = texts[row[SYMBOL]] ? [element("span", "", element("code", "", texts[row[SYMBOL]]))] : [];
    const origin = texts[row[ORIGIN]] ? [element("span", `origin ${texts[row[ORIGIN]]}`, texts[row[ORIGIN]])] : [];
    const place = element("span", "", `line ${row[LINE]}, column ${row[COLUMN]}`);
    const rule = element("code", "rule", texts[row[RULE]]);
    const meta = element("p", "meta", place, rule, ...symbol, ...origin, element("code", "", row[ID]));
    const tag = element("b", `tag ${CLASSES[kind(row)]}`, severity);
    const made = element("li", "finding", element("p", "", tag, " ", ...prose(texts[row[MESSAGE]])), meta);
    if (!isOpen(row)) {
      const words = [STATUSES[row[STATUS]].replaceAll("_", " "), texts[row[REASON]]];
      made.append(element("p", "known", words.filter(Boolean).join(": ")));
    } else if (texts[row[REASON]]) {
      made.append(element("p", "", texts[row[REASON]]));
    }
    if (texts[row[HELP]]) made.append(element("p", "", ...prose(texts[row[HELP]])));
    return made;
  };

  const numbers = (found) => {
    const counts = [0, 0, 0, 0];
    for (const at of found) counts[kind(rows[at])] += 1;
    const word = (count, at) => (at ? `${count.toLocaleString("en")} ${KINDS[at]}` : counted(count, KINDS[at]));
    const words = counts.map((count, at) => count && word(count, at));
    return words.filter(Boolean).join(", ");
  };

  const folders = (shown, matched) => {
    const key = (at) => `${isOpen(rows[at])} ${rows[at][PATH]}`;
    const all = new Map();
    for (const at of matched) all.has(key(at)) ? all.get(key(at)).push(at) : all.set(key(at), [at]);
    const made = new Map();
    for (const at of shown) {
      if (!made.has(key(at))) {
        const items = element("ol", "");
        const name = element("b", "", texts[rows[at][PATH]] || "(project)");
        const number = element("span", "number", numbers(all.get(key(at))));
        const folder = element("details", "file", element("summary", "", name, number), items);
        folder.open = shown.length <= UNFOLDED || made.size === 0;
        made.set(key(at), [folder, items]);
      }
      made.get(key(at))[1].append(card(at));
    }
    return [...made.values()].map(([folder]) => folder);
  };

  const narrowed = () => {
    const words = { file: "file", rule: "rule", group: "root cause" };
    const said = Object.keys(words).filter((key) => state[key]).map((key) => `${words[key]} ${state[key]}`);
    return said.length ? ` in ${said.join(", ")}` : "";
  };

  const show = () => {
    const wanted = conditions();
    const matched = [];
    rows.forEach((row, at) => wanted.every((fits) => fits(row, at)) && matched.push(at));
    const pages = Math.max(1, Math.ceil(matched.length / PER_PAGE));
    const page = Math.min(Math.max(1, Number.parseInt(state.page, 10) || 1), pages);
    state.page = page > 1 ? String(page) : "";
    const shown = matched.slice((page - 1) * PER_PAGE, page * PER_PAGE);
    list.replaceChildren(...folders(shown, matched));
    for (const key of CONTROLS) if (byId(key).value !== state[key]) byId(key).value = state[key];
    const numbered = `${matched.length.toLocaleString("en")} of ${counted(rows.length, "finding")}`;
    byId("count").textContent = numbered + narrowed();
    byId("clear").disabled = KEYS.every((key) => state[key] === (standard[key] ?? ""));
    byId("fold").textContent = list.querySelector("details:not([open])") ? "Unfold all" : "Fold all";
    byId("pager").hidden = pages === 1;
    byId("page").textContent = `Page ${page} of ${pages.toLocaleString("en")}`;
    byId("previous").disabled = page === 1;
    byId("next").disabled = page === pages;
  };

  const change = (changes) => {
    Object.assign(state, { page: "" }, changes);
    show();
    writeState();
  };

  const turn = (step) => {
    change({ page: String((Number.parseInt(state.page, 10) || 1) + step) });
    byId("findings").scrollIntoView();
    byId("findings").focus({ preventScroll: true });
  };

  const listen = () => {
    let waiting = 0;
    byId("q").addEventListener("input", () => {
      clearTimeout(waiting);
      waiting = setTimeout(() => change({ q: byId("q").value }), 150);
    });
    for (const key of CONTROLS.slice(1)) {
      byId(key).addEventListener("change", () => change({ [key]: byId(key).value }));
    }
    byId("clear").addEventListener("click", () => {
      change(Object.fromEntries(KEYS.map((key) => [key, standard[key] ?? ""])));
    });
    byId("fold").addEventListener("click", () => {
      const unfold = list.querySelector("details:not([open])") !== null;
      for (const folder of list.querySelectorAll("details")) folder.open = unfold;
      byId("fold").textContent = unfold ? "Fold all" : "Unfold all";
    });
    byId("previous").addEventListener("click", () => turn(-1));
    byId("next").addEventListener("click", () => turn(1));
    addEventListener("hashchange", () => {
      if (!location.hash.includes("=")) return;
      readState();
      show();
      byId("findings").scrollIntoView();
      byId("findings").focus({ preventScroll: true });
    });
    let folded = [];
    addEventListener("beforeprint", () => {
      folded = [...list.querySelectorAll("details:not([open])")];
      for (const folder of folded) folder.open = true;
    });
    addEventListener("afterprint", () => {
      for (const folder of folded) folder.open = false;
    });
  };

  for (const place of document.querySelectorAll("[data-filter]")) {
    const link = element("a", "");
    link.href = `#${place.dataset.filter}`;
    link.append(...place.childNodes);
    place.append(link);
  }
  readState();
  listen();
  show();
  byId("filters").hidden = false;
  const rest = byId("rest");
  if (rest) rest.hidden = true;
  if (location.hash.includes("=")) byId("findings").scrollIntoView();
})();
