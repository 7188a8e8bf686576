"""Mails of companies: trade, sender, subject, text."""

from __future__ import annotations

BUSINESS = (
    (
        "shop",
        "orders",
        "Your order {number} is on its way",
        "Hello,\n\ngood news: your {goods} in {colour} has left our warehouse. It should be with you in two to "
        "three working days. Nobody home? The driver leaves it with a neighbour or in the nearest shop.\n\n"
        "Thank you for ordering with {company}.",
    ),
    (
        "shop",
        "orders",
        "Receipt for order {number}",
        "Thank you for your purchase!\n\n1 x {goods}: {price}\nDelivery: free\nTotal: {price}\n\nYou can send "
        "it back within 30 days if it is not what you had in mind.\n{company}",
    ),
    (
        "shop",
        "hello",
        "{percent} % off everything in {colour}",
        "Our favourite colour has a sale of its own. For a few days you get {percent} % off whatever we have "
        "in {colour}, from the {goods} to the smallest tea towel. No code needed, the price in the basket is "
        "already right.\n\nSee you in the shop,\nthe people at {company}",
    ),
    (
        "shop",
        "reviews",
        "How do you like your {goods}?",
        "You have had your {goods} for a little while now. Would you tell others what you think of it? Three "
        "sentences are enough, and every month we draw a voucher worth {price} among all reviews.\n\n{company}",
    ),
    (
        "shop",
        "hello",
        "Back in stock: the {goods} you looked at",
        "You asked us to write when the {goods} is available again. It is, in {colour} and two other colours. "
        "Last time they were gone within a week, so do not wait too long.\n\n{company}",
    ),
    (
        "shop",
        "returns",
        "We have received your return {number}",
        "The {goods} has arrived back with us in good condition. We refund {price} to the card you paid with; "
        "it can take up to five working days until your bank shows it.\n\nKind regards\n{company} returns team",
    ),
    (
        "shop",
        "news",
        "New on our shelves: {goods}, {goods2} and more",
        "Our buyers came home with full suitcases. The highlights: a {goods} that weighs next to nothing, a "
        "{goods2} in {colour}, and the calendar that everybody in the office wants to keep.\n\nHave a look "
        "around, {company} is open day and night.",
    ),
    (
        "parcel",
        "noreply",
        "Parcel {number}: delivery attempt",
        "We rang at your door with a parcel and nobody answered. It is now at the pick-up point in {street}, "
        "where it waits for seven days. Please bring this number: {number}.\n\n{company}",
    ),
    (
        "parcel",
        "noreply",
        "Your parcel {number} arrives tomorrow",
        "A parcel for you is in our van tomorrow. We expect to be in {street} around {time}. If that does not "
        "suit you, choose a neighbour or a locker in our app.\n\n{company}",
    ),
    (
        "parcel",
        "feedback",
        "How was your delivery?",
        "We recently brought you a parcel. Was the driver friendly, the box in one piece, the time right? One "
        "click is enough, from one to five stars.\n\nThank you,\n{company} (shipment {number})",
    ),
    (
        "service",
        "statements",
        "Your new statement is ready",
        "Your monthly statement has been put into your mailbox at {company}. The amount is {price}. There is "
        "nothing for you to do, it is collected as usual.\n\nThis message was made automatically; please do "
        "not answer it.",
    ),
    (
        "service",
        "info",
        "Maintenance in the night to {day}",
        "To keep things running smoothly we work on our systems in the night to {day}. Between 1:00 and 4:00 "
        "you may not be able to sign in for a few minutes. Everything else goes on as usual.\n\n{company}",
    ),
    (
        "service",
        "security",
        "A new device signed in to your account",
        "Someone, most likely you, signed in to your {company} account from a new tablet near {town}. If it "
        "was you, ignore this mail. If not, change your password in the settings.",
    ),
    (
        "service",
        "info",
        "We are changing our terms a little",
        "From next quarter on our terms will be shorter and easier to read. Your price stays at {price}, your "
        'rights stay what they are. A table of all changes is on our website under "Terms".\n\n{company}',
    ),
    (
        "service",
        "hello",
        "Recommend us and save {price}",
        "Do you know somebody who would feel at home with {company}? For each friend who joins we take {price} "
        "off your next bill, and your friend gets the same. You find your personal link in the app.",
    ),
    (
        "service",
        "survey",
        "Two minutes for {company}?",
        "We would like to know what we do well and where you roll your eyes. Our survey has six questions, and "
        "among all who answer we give away ten vouchers worth {price}. Reference {number}.",
    ),
    (
        "magazine",
        "letter",
        "{day} letter: {book}, and what to cook with {plant}",
        'This week our editor could not put down "{book}", a novel about a family that keeps moving into '
        "smaller houses. Also in this letter: three ways to use up {plant}, a reader's {bird} photographs and "
        "a puzzle that took us far too long.\n\nHave a slow weekend,\n{company}",
    ),
    (
        "cinema",
        "new",
        "New this week: {film}",
        '"{film}" is the film everybody in our office talks about. 94 minutes, hardly any words, and a scene '
        "with a {instrument} you will not forget. Now in your library, together with 40 older titles we dusted "
        "off.\n\n{company}",
    ),
    (
        "magazine",
        "recipes",
        "Recipe of the week: {dish}",
        "It takes 35 minutes, one pot and nothing you cannot get at the corner shop: {dish}. Our tip: make "
        "twice as much, it is even better the next day. And for dessert a spoonful of {flavour} ice cream.\n\n"
        "{company}",
    ),
    (
        "magazine",
        "letter",
        "What to do in the garden now: {plant}",
        "Anyone who grows {plant} should have a look at the soil this week: it wants loosening and a handful "
        "of compost. We also explain why a {bird} in the hedge is good news, and answer letters from {town} "
        "about slugs.\n\n{company}",
    ),
    (
        "podcast",
        "episodes",
        "A new episode is waiting for you",
        "In the latest episode we visit a workshop in {town} where an old {instrument} gets a second life, and "
        'talk to the author of "{book}". 42 minutes, best heard while washing up.\n\n{company}',
    ),
    (
        "travel",
        "offers",
        "A weekend in {town} from {price}",
        "Sea air, a harbour and the best {dish} for miles: {town} is worth the journey. Two nights with "
        "breakfast start at {price} per person when you travel in the middle of the week.\n\nYour team at "
        "{company}",
    ),
    (
        "travel",
        "points",
        "You have collected {number} points",
        "Thank you for travelling with {company}. Your account now stands at {number} points, enough for an "
        "upgrade on the line to {town} or a thermos flask from our shop. Points are valid for two years.",
    ),
    (
        "hotel",
        "service",
        "How was your stay in {town}?",
        "We hope you came home rested. Would you tell us what the room was like, how breakfast was, and "
        "whether somebody in {town} deserves a thank-you? Your answer helps us and those who travel after "
        "you.\n\n{company}",
    ),
    (
        "restaurant",
        "table",
        "New on the menu: {dish}",
        "The kitchen has been busy. From this week on there is {dish}, and for dessert {flavour} sorbet. On "
        "{day} you get both together with a drink for {price}. We look forward to seeing you!\n\n{company}",
    ),
    (
        "restaurant",
        "orders",
        "Thank you for your order {number}",
        "Your order has reached the kitchen: 1 x {dish}, 1 x {flavour} cake. Together that makes {price}, paid "
        "by card. Enjoy your meal!\n\n{company}",
    ),
    (
        "farm",
        "box",
        "In your next box: {crop}",
        "Next week's box holds {crop}, potatoes with earth on them, a loaf of rye and, because the bees were "
        "busy, a small jar of honey. The leaflet has a recipe for {dish}. Away next week? Pause the box in "
        "your account.\n\n{company}",
    ),
    (
        "bakery",
        "hello",
        "A free {flavour} bun for regulars",
        "Ten stamps make one bun, and your card is full. Show this mail at the counter on any day until the "
        "end of next week and the {flavour} bun is on us.\n\n{company}, {street}",
    ),
)
