"""What the bots of a fresh platform understand: a shop's, a bank's and an airline's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attrs import frozen


@frozen
class Line:
    """A line of business: its bot's title, and the example utterances of its intents."""

    title: str
    intents: Mapping[str, tuple[str, ...]]


_EVERYWHERE: Final[Mapping[str, tuple[str, ...]]] = {
    "greeting": (
        *("hello", "hi", "hi there", "good morning", "good afternoon", "hey, anyone there?", "good evening"),
        *("hello, I have a question", "hi, can you help me?", "hey, I need some help please"),
    ),
    "thanks": (
        *("thank you", "thanks a lot", "great, thank you very much", "perfect, that helps", "that is all"),
        *("thanks, bye", "goodbye", "okay, that was all I needed", "cheers, have a nice day"),
    ),
    "talk_to_human": (
        *("I want to talk to a person", "let me speak to a human", "connect me to an agent please"),
        *("can I speak with someone from your team?", "I would rather talk to a real person", "human please"),
        *("put me through to a representative", "get me an operator", "I do not want to talk to a bot"),
        *("transfer me to customer service", "is there somebody I can call?"),
    ),
    "complaint": (
        *("I want to make a complaint", "I am very unhappy with your service", "this is unacceptable"),
        *("your service is terrible", "I have been waiting for weeks and nobody answers", "I am fed up"),
        *("nobody helps me, I am really disappointed", "I want to complain about how I was treated"),
        *("this is the third time I am contacting you about this", "what a disgrace, this is awful"),
    ),
}

_SHOP: Final[Mapping[str, tuple[str, ...]]] = {
    "order_status": (
        *("where is my order?", "what is the status of my order?", "has my order been shipped yet?"),
        *("can you check my order for me?", "I have not heard anything about my order", "track my order"),
        *("when was my order sent?", "is my order on its way?", "I would like to know where my order is"),
        *("did you get the order I placed yesterday?", "my order number is 4711, what is happening with it?"),
    ),
    "cancel_order": (
        *("I want to cancel my order", "please cancel my order", "cancel the order I placed this morning"),
        *("can I still cancel my recent order?", "I ordered by mistake, please stop it", "cancel it please"),
        *("I do not need it any more, cancel the purchase", "how do I cancel an order?", "stop my order"),
        *("I changed my mind and would like to cancel", "call off my order before it ships"),
    ),
    "refund": (
        *("I want a refund", "when do I get my money back?", "please refund my purchase", "refund me"),
        *("my refund has not arrived", "how long does a refund take?", "I returned it, where is my refund?"),
        *("I would like my money back for the shoes", "you still owe me the money for what I sent back"),
        *("can I get a refund without the receipt?", "has the refund been paid to my card?"),
    ),
    "return_item": (
        *("I want to return an item", "how do I send something back?", "the jacket does not fit, return it"),
        *("can I exchange this for another size?", "I need a return label", "print a return label for me"),
        *("what is your return policy?", "the color is wrong and I would like to swap it"),
        *("how many days do I have to return something?", "the box came with the wrong product in it"),
    ),
    "delivery": (
        *(
            "when will my parcel be delivered?",
            "how long does delivery take?",
            "do you deliver on Saturdays?",
        ),
        *("the courier did not come", "my package is late", "the parcel has not arrived", "delivery is late"),
        *("which carrier do you use for shipping?", "how much is express shipping?", "it was not delivered"),
        *("the driver left the package with a neighbor", "can I choose a delivery date?"),
    ),
    "change_address": (
        *("I want to change my address", "please update my shipping address", "I have moved house"),
        *("can you send it to another address?", "the address on my account is wrong", "change the address"),
        *("I entered the wrong street", "deliver to my office address instead", "I have a new postcode"),
        *("how do I edit the delivery address?",),
    ),
    "payment": (
        *("which payment methods do you take?", "my payment was declined", "can I pay by invoice?"),
        *("you charged my card twice", "can I pay with a gift card?", "do you accept credit cards?"),
        *("the checkout does not take my card", "I was charged the wrong amount", "send me an invoice"),
        *("how do I use my voucher code?", "is it possible to pay in installments?"),
    ),
}

_BANK: Final[Mapping[str, tuple[str, ...]]] = {
    "balance": (
        *("what is my balance?", "how much money is in my account?", "show me my account balance"),
        *("how much do I have left this month?", "tell me my current balance", "check my savings balance"),
        *("what did I spend last week?", "show my latest transactions"),
    ),
    "lost_card": (
        *("I lost my card", "my card was stolen", "please block my card", "somebody took my wallet"),
        *("I cannot find my debit card", "freeze my card at once", "my credit card is missing"),
        *("I left my card in a machine", "report a stolen card"),
    ),
    "transfer": (
        *("I want to transfer money", "send 50 to my sister", "how do I make a bank transfer?"),
        *("my transfer has not arrived", "how long does a transfer take?", "set up a standing order"),
        *("can I send money abroad?", "move money to my savings account", "stop a transfer"),
    ),
    "fees": (
        *(
            "why was I charged a fee?",
            "what does the account cost?",
            "is there a fee for withdrawals abroad?",
        ),
        *("how high are your charges?", "I was charged for an overdraft", "what are the monthly fees?"),
        *("there is a fee on my statement I do not know",),
    ),
    "loan": (
        *(
            "I would like to apply for a loan",
            "what is the interest rate of a mortgage?",
            "can I borrow money?",
        ),
        *("how much can I borrow for a house?", "raise my credit limit", "pay off my loan early"),
        *("what are the monthly rates for a car loan?",),
    ),
    "login": (
        *("I forgot my password", "I cannot log in to online banking", "reset my PIN", "my PIN is blocked"),
        *("the app does not let me in", "my account is locked", "how do I change my passcode?"),
        *("I do not get the security code",),
    ),
}

_TRAVEL: Final[Mapping[str, tuple[str, ...]]] = {
    "book_flight": (
        *("I want to book a flight", "find me a flight to Madrid", "are there seats left on Friday?"),
        *("how much is a ticket to Lisbon?", "book two seats to Rome", "I need a return ticket"),
        *("what is the cheapest day to fly?", "is there a direct flight?"),
    ),
    "change_booking": (
        *("I want to change my booking", "move my flight to Monday", "can I fly a day later?"),
        *("rebook me on the evening flight", "there is a typo in the passenger's name", "change my dates"),
        *("I would like to upgrade to business class", "pick another seat for me"),
    ),
    "cancel_booking": (
        *("cancel my flight", "I need to cancel my booking", "I cannot travel any more, please cancel"),
        *("what does it cost to cancel a ticket?", "I am ill and cannot fly", "cancel our trip"),
        *("can I cancel free of charge?",),
    ),
    "flight_status": (
        *("is my flight on time?", "has the flight from Oslo landed?", "my flight is delayed"),
        *("which gate does the flight leave from?", "was flight 218 canceled?", "when do we board?"),
        *("how late is the plane?", "what time does my flight depart?"),
    ),
    "baggage": (
        *("how many bags can I take?", "my suitcase did not arrive", "my luggage is lost", "add a bag"),
        *("how heavy may a suitcase be?", "my bag was damaged", "what may I carry in hand luggage?"),
        *("can I bring my bicycle on board?",),
    ),
    "check_in": (
        *("I want to check in", "I cannot find my boarding pass", "when does online check-in open?"),
        *("send me the boarding pass", "check-in does not work in the app", "do I need a passport?"),
        *("how early should I be at the airport?",),
    ),
}

BOTS: Final[Mapping[str, Line]] = {
    "bot-id-123": Line("Support Bot", {**_EVERYWHERE, **_SHOP}),
    "bot-id-456": Line("Banking Bot", {**_EVERYWHERE, **_BANK}),
    "bot-id-789": Line("Travel Bot", {**_EVERYWHERE, **_TRAVEL}),
}
