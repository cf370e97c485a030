"""What a person has to decide: one record each under `.gates/tickets/`, a page to read and JSON to go on from."""

from gates.tickets.page import page
from gates.tickets.records import FOLDER, every, identify, named, write
from gates.tickets.values import Row, Ticket, answerable

__all__ = ["FOLDER", "Row", "Ticket", "answerable", "every", "identify", "named", "page", "write"]
