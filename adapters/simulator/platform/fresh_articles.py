"""What the knowledge bases of a fresh platform hold: a shop's, a bank's and an airline's service desk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from attrs import frozen


@frozen
class Line:
    """An article: how old it is, and what customers say who need it."""

    id: str
    title: str
    content: str
    age: timedelta
    phrases: tuple[str, ...]


def _hours(count: float) -> timedelta:
    return timedelta(hours=count)


def _days(count: float) -> timedelta:
    return timedelta(days=count)


_BILLING: Final = (
    Line(
        "disputed-charge",
        "Resolving a disputed charge",
        "Compare the statement with the order. If the same amount was booked twice for one order, refund the"
        " second booking at once and name the date on which the money arrives. If the customer does not know"
        " the merchant, read out the name and the place, and open a dispute only if that does not help.",
        _hours(2),
        (
            "charged twice",
            "dispute a charge",
            "charge on my bill I do not recognize",
            "billed the wrong amount",
        ),
    ),
    Line(
        "refund-time",
        "How long a refund takes",
        "A refund leaves us within one business day. Cards take three to five business days, a bank transfer"
        " two, a gift card none. Give the customer the reference, with which their bank can find it.",
        _days(1),
        ("refund has not arrived", "when do I get my money back", "waiting for a refund"),
    ),
    Line(
        "declined-payment",
        "When a card payment is declined",
        "Ask which message is shown. Three attempts lock a card for an hour. Offer another card or an"
        " invoice, and never take a card number in the chat.",
        _days(3),
        ("card was declined", "payment failed at the checkout", "credit card rejected"),
    ),
    Line(
        "invoice-copy",
        "Sending a copy of an invoice",
        "Invoices of the last ten years are in the account under documents. Send one again only to the"
        " address on file; a change of the company's name needs a new invoice and the tax number.",
        _days(5),
        ("copy of my invoice", "lost the invoice", "invoice for my company"),
    ),
    Line(
        "late-fee",
        "Waiving a late fee",
        "The first late fee in twelve months is waived on request. Later ones are waived only after an outage"
        " of ours. Explain the due date, and offer a reminder by text message.",
        _days(6),
        ("late fee", "fee because I paid late"),
    ),
    Line(
        "payment-plan",
        "Agreeing on a payment plan",
        "From an open amount of 100 on, customers may pay in three, six or twelve rates. The first rate is"
        " due in seven days. Whoever has missed a rate before is sent to the accounts team.",
        _days(20),
        ("pay in installments", "cannot pay the bill at once", "payment plan"),
    ),
    Line(
        "price-increase",
        "Explaining the price increase",
        "Prices rose with the new year for plans without a fixed term. Customers may leave the plan within"
        " six weeks of the letter.",
        _days(90),
        ("price went up", "more expensive than last year"),
    ),
)

_SECURITY: Final = (
    Line(
        "caller-identity",
        "Verifying who is calling",
        "Ask for the customer number and two of three: date of birth, postcode, the last order. Nobody is"
        " told which answer was wrong. After two failed rounds end the call, and send a letter.",
        _hours(6),
        ("verify my identity", "prove who I am", "security questions"),
    ),
    Line(
        "password-reset",
        "Resetting a forgotten password",
        "Send the reset link to the address on file; it works once, for thirty minutes. Agents never set or"
        " hear a password. If the address is out of date, verify the identity first.",
        _days(2),
        ("forgot my password", "reset my password", "cannot log in", "password does not work"),
    ),
    Line(
        "locked-account",
        "Unlocking an account",
        "Five failed logins lock an account for thirty minutes. Unlock it earlier only after the identity is"
        " verified, and look for logins from other countries in the last week.",
        _days(4),
        ("account is locked", "locked out", "account blocked"),
    ),
    Line(
        "hacked-account",
        "When an account was taken over",
        "End all sessions, lock payments, and have the password reset. Go through the last orders with the"
        " customer, cancel what is not theirs, and hand the case to the fraud team.",
        _days(5),
        ("account was hacked", "somebody else used my account", "orders placed by somebody else"),
    ),
    Line(
        "lost-card",
        "Blocking a lost or stolen card",
        "Block the card before anything else. Order a new one to the address on file, and read the last three"
        " payments to the customer.",
        _days(6),
        ("lost my card", "card was stolen", "block my card"),
    ),
    Line(
        "missing-code",
        "When the two-factor code does not arrive",
        "Check the last two digits of the phone number. Codes take up to two minutes and may be asked for"
        " three times an hour. Offer the app instead of text messages.",
        _days(12),
        ("security code does not arrive", "no two-factor code", "verification code missing"),
    ),
)

_ORDERS: Final = (
    Line(
        "order-status",
        "Finding out where an order is",
        "Look at the carrier's events, not only at our status. If nothing moved for three days, open a search"
        " with the carrier and promise an answer within two.",
        _hours(12),
        ("where is my order", "order status", "track my order", "parcel has not arrived"),
    ),
    Line(
        "cancel-order",
        "Canceling an order",
        "Until it is packed an order is canceled with one click. Later the customer refuses the parcel at the"
        " door, or sends it back free of charge.",
        _days(1),
        ("cancel my order", "ordered by mistake", "stop the order"),
    ),
    Line(
        "return-item",
        "Returning or exchanging an item",
        "Within thirty days of delivery, unworn and with its label. The return label is in the account. An"
        " exchange for another size is reserved for ten days.",
        _days(3),
        ("return an item", "send it back", "wrong size", "exchange for another size"),
    ),
    Line(
        "damaged-item",
        "When an item arrives damaged",
        "Ask for a photo of the item and of the parcel. Below 50 send a new one without waiting for the old"
        " one; above that send a prepaid label first.",
        _days(5),
        ("arrived damaged", "item is broken", "arrived broken"),
    ),
    Line(
        "change-address",
        "Changing the delivery address",
        "Possible until the parcel is with the carrier. Later only the customer can redirect it, with the"
        " carrier's tracking number.",
        _days(8),
        ("change the delivery address", "wrong address", "deliver to another address"),
    ),
)

_TRAVEL: Final = (
    Line(
        "rebook-flight",
        "Rebooking a flight",
        "Within 24 hours of the booking any change is free. Later the fare's rules hold: light fares pay the"
        " fee and the difference, flexible ones the difference alone.",
        _hours(20),
        ("change my flight", "rebook", "fly on another day"),
    ),
    Line(
        "lost-baggage",
        "When baggage does not arrive",
        "Take the tag number and the report of the airport. Until it is found the customer may buy what is"
        " needed, up to 100 a day, and keeps the receipts.",
        _days(2),
        ("suitcase did not arrive", "lost luggage", "lost baggage", "bag is missing"),
    ),
    Line(
        "delayed-flight",
        "What is owed for a delayed flight",
        "From three hours on there is a compensation that depends on the distance, unless the weather was the"
        " cause. Meals are due from two hours on, whatever the cause.",
        _days(6),
        ("flight was delayed", "compensation for the delay", "flight was canceled"),
    ),
    Line(
        "travel-documents",
        "Which documents a passenger needs",
        "The airline only checks what the country of arrival asks for. Send the customer to its embassy for"
        " anything about visas.",
        _days(40),
        ("need a passport", "need a visa"),
    ),
)

ARTICLES: Final[Mapping[str, tuple[Line, ...]]] = {
    "kb-billing": _BILLING,
    "kb-security": _SECURITY,
    "kb-orders": _ORDERS,
    "kb-travel": _TRAVEL,
}
"""By knowledge base."""
