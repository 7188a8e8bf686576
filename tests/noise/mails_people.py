"""Mails of clubs, offices and people: trade, sender, subject, text. A sender of the trade `person` is a person."""

from __future__ import annotations

PEOPLE_MAILS = (
    (
        "club",
        "board",
        "Minutes of our last meeting",
        "Dear members,\n\nthe minutes are on the notice board. In short: the fee stays the same, {person} "
        "takes over the cash box, and we still look for someone who looks after {chore}. Thanks to everybody "
        "who stayed to stack the chairs.\n\n{company}",
    ),
    (
        "club",
        "training",
        "Training on {day} starts at {time}",
        "Hello all,\n\nbecause of the building works at {place} training on {day} starts at {time}. Please "
        "bring shoes for indoors. {person} has the key in case I am late.\n\n{company}",
    ),
    (
        "club",
        "events",
        "Helpers wanted for our open day",
        "Our open day needs about twenty hands: for the coffee, for the children's corner, for carrying "
        "benches to {place}. If you have two hours to spare, put your name on the list in the hall or tell "
        "{person}.\n\n{company}",
    ),
    (
        "club",
        "lost-and-found",
        "Found after {day}: {left}",
        "Somebody has left {left} behind. It hangs next to the door of the hall and waits for its owner. What "
        "is not collected by the end of next month goes to the charity shop in {street}.\n\n{company}",
    ),
    (
        "club",
        "events",
        "Trip to {town}: who is coming?",
        "{person} is planning a day out in {town}, with lunch at a place that is said to have very good "
        "{dish}. The bus costs {price} per head if we are twenty. Please say yes or no by the end of next "
        "week.\n\n{company}",
    ),
    (
        "club",
        "newsletter",
        "Club news: a new member and a small victory",
        "We welcome {person}, who moved here from {town} and already knows where the good biscuits are. And we "
        "came second against our neighbours from {town2}, which feels like first. Next social evening: {day}, "
        "at {place}.\n\n{company}",
    ),
    (
        "library",
        "info",
        "Reserved for you: {book}",
        'The title that you reserved has been returned: "{book}". It is kept for you at the desk for seven '
        "days. If you no longer want it, let the next reader have it.\n\n{company}",
    ),
    (
        "library",
        "info",
        "Course places left: {course}",
        'There are still a few places in our course "{course}". It meets {day}s at {time}, six times, and '
        "costs {price} including material. No previous knowledge is needed.\n\n{company}",
    ),
    (
        "council",
        "notices",
        "Road works in {street}",
        "From next week on a water pipe in {street} is being replaced. Cars can pass on one side, buses go by "
        "way of {place}. We expect the work to take about twelve days and ask for your patience.\n\n{company}",
    ),
    (
        "council",
        "notices",
        "Collection of old paper on {day}",
        "A reminder for all households around {street}: old paper and cardboard are collected on {day}. Please "
        "put them out by {time}, tied in bundles.\n\n{company}",
    ),
    (
        "library",
        "office",
        "Lost property: {left}",
        "At our front desk somebody has handed in {left}. If you miss it, come by during opening hours and "
        "describe it. The number is {number}.\n\n{company}",
    ),
    (
        "museum",
        "news",
        "New exhibition: the {instrument} and its makers",
        "How is a {instrument} built, and why did half of {town} once live on it? Our new exhibition shows "
        "tools, drawings and a workshop you can walk into. Guided tours on {day} at {time}, free for "
        "children.\n\n{company}",
    ),
    (
        "person",
        "",
        "{course}, anyone?",
        "Hi,\n\nI have signed up for {course} and there is a place next to me. It is on {day}s at {time}. I "
        "promise I am worse at it than you are. Think about it, no rush.\n\n{me}",
    ),
    (
        "person",
        "",
        "Photos of the weekend",
        "Hi,\n\nI have finally sorted the photos. The one of {pet} on the boat is going on my wall. I print a "
        "set for everybody and hand them out when we see each other next.\n\nBest,\n{me}",
    ),
    (
        "person",
        "",
        "That recipe",
        "You asked how I make the {dish}: the secret is a spoonful of mustard and more patience than you "
        "think. I write the whole thing down properly one of these days. {person} says hello, by the way.\n\n"
        "{me}",
    ),
    (
        "person",
        "",
        "Selling my {instrument}",
        "Hello everybody,\n\nmy {instrument} looks for a new home, since I play it about as often as I iron. "
        "Fair price, viewing any time in {street}. If you know somebody who knows somebody, pass it on.\n\n{me}",
    ),
    (
        "person",
        "",
        "Did you read {book}?",
        'I am halfway through "{book}" and I need somebody to argue with about chapter nine. No spoilers '
        "after the bridge, please. Shall I lend it to you when I am done?\n\n{me}",
    ),
    (
        "person",
        "",
        "{pet}",
        "Just so that you know: {pet} is well again and eats for two. The vet in {street} was lovely about it. "
        "Thank you for asking last time.\n\n{me}",
    ),
    (
        "person",
        "",
        "Too many {plant}",
        "The {plant} in my garden have lost all sense of proportion. I leave a bag by the gate whenever there "
        "is too much, so help yourself when you pass {place}. {person} has taken three already.\n\n{me}",
    ),
    (
        "person",
        "",
        "Back from {town}",
        "We are back, sunburnt and full of {dish}. It rained twice and nobody minded. You would have liked the "
        "market. I tell you the rest over coffee some time.\n\nGreetings from {street},\n{me}",
    ),
)
