"""What commands do. The same file stands in `before` and `after`."""

from __future__ import annotations

from orchestrator.dispatcher import Dispatcher
from orchestrator.model import Command, CommandError

SESSION = [
    (Command("create", "cart", {"version": "1.0"}), "cart created"),
    (Command("deploy", "cart", {"version": "1.1"}), "cart deployed 1.1"),
    (Command("deploy", "cart", {"version": "1.1"}), "cart already at 1.1"),
    (Command("rollback", "cart"), "cart rolled back to 1.0"),
    (Command("forget", "cart"), "cart forgot 0 versions"),
    (Command("scale", "cart", {"replicas": "3"}), "cart scaled to 3"),
    (Command("restart", "cart"), "cart restarted"),
    (Command("set", "cart", {"key": "tax", "value": "7"}), "cart set tax"),
    (Command("snapshot", "cart", {"label": "friday"}), "cart kept 1 settings"),
    (Command("unset", "cart", {"key": "tax"}), "cart unset tax"),
    (Command("restore", "cart", {"label": "friday"}), "cart restored friday"),
    (Command("route", "cart", {"host": "cart.test"}), "cart reachable at cart.test"),
    (Command("unroute", "cart", {"host": "cart.test"}), "cart no longer at cart.test"),
    (Command("label", "cart", {"label": "beta"}), "cart labelled beta"),
    (Command("labels", "cart"), "cart has beta"),
    (Command("unlabel", "cart", {"label": "beta"}), "cart no longer beta"),
    (Command("own", "cart", {"team": "checkout"}), "cart owned by checkout"),
    (Command("mute", "cart"), "cart muted"),
    (Command("unmute", "cart"), "cart unmuted"),
    (Command("pause", "cart"), "cart paused"),
    (Command("status", "cart"), "cart paused, 1.0, 3 replicas"),
    (Command("resume", "cart"), "cart resumed"),
    (Command("delete", "cart"), "cart deleted"),
]


def test_a_session() -> None:
    dispatcher = Dispatcher()
    assert [dispatcher.dispatch(command) for command, _ in SESSION] == [answer for _, answer in SESSION]
    assert dispatcher.services == {}


def test_refusals() -> None:
    dispatcher = Dispatcher()
    dispatcher.dispatch(Command("create", "cart", {"version": "1.0"}))
    dispatcher.dispatch(Command("route", "cart", {"host": "cart.test"}))
    assert refusal(dispatcher, Command("create", "cart", {"version": "2"})) == "cart exists already"
    assert refusal(dispatcher, Command("delete", "cart")) == "cart still has routes"
    assert refusal(dispatcher, Command("route", "cart", {"host": "cart.test"})) == "cart.test leads to cart"
    assert refusal(dispatcher, Command("rollback", "cart")) == "cart has no earlier version"
    assert refusal(dispatcher, Command("scale", "cart", {"replicas": "99"})) == "replicas must be 1 to 20"
    assert refusal(dispatcher, Command("deploy", "cart")) == "deploy needs version"
    assert refusal(dispatcher, Command("dance", "cart")) == "unknown command dance"
    assert refusal(dispatcher, Command("pause", "mail")) == "there is no service mail"


def refusal(dispatcher: Dispatcher, command: Command) -> str:
    """Return why a command is refused."""
    try:
        dispatcher.dispatch(command)
    except CommandError as error:
        return str(error)
    return ""
