"""Conversations: a title, `-` between two; then the lines, each with the number of who says it."""

from __future__ import annotations

CHATS = """
-
0 Are you near {place} by any chance?
0 Never mind, somebody else had a corkscrew

-
0 Have you seen {film} yet?
0 I cried. At the part with the {instrument}. Don't tell anyone
0 Okay, tell everyone, but go and see it

-
0 Look who has learned to open the fridge: {pet}
0 I had to put a chair in front of it
0 Update: the chair was no obstacle

-
0 I still have your book, the one called {book}
0 Two chapters to go, I'm reading slowly on purpose
0 Do you want it back or may I pass it on?
0 No hurry with that

-
0 The {dish} worked!! I left out half of the salt
0 Thank your grandmother from me

-
0 Guess who I met at {place}
0 Your old maths teacher. She still says 'people, people'
0 She asked after you

-
0 A {bird}! On my balcony!
0 It's gone. I have nine blurred pictures of a railing

-
0 Funny question: do you need {plant}?
0 I have a crate of it and nobody else left to ask
0 I'm in {street} all weekend if you change your mind

-
0 My train stands in {town} and nobody knows why
0 There is a man with an accordion now
0 He knows three songs
0 We are moving!!
0 We have stopped again. Song two

-
0 Did you ever finish that course, {course}?
0 I'm thinking of doing it too
0 Only if one is allowed to be bad at it

-
0 I painted the hall in {colour}
0 It looked better on the card
0 By lamplight it's all right

-
0 Thank you for the {flavour} jam
0 It did not survive breakfast
0 The jar comes back washed, I promise

-
0 Just saw the same {goods} as yours in a shop window, for {price}
0 You were clever to buy it when you did

-
0 I'm learning the {instrument}, my neighbours have been warned
0 Lesson one: how to hold it
0 Lesson two: how to put it away again

{course} crew
0 Whoever took home my apron: it's the {colour} one, no hard feelings
1 Mine is {colour}. Oh.
1 I bring it next time
2 Case solved. What do we do with all the leftovers?
0 I eat them, obviously

Film night
0 My vote is for {film}
1 Seen it. Twice. I'd still watch it
2 As long as nobody talks through it this time
0 You talked!
2 I commented

Neighbours of {street}
0 Does anybody else have brown water?
1 Yes, third floor too
2 They are flushing the pipes, it clears within the hour
0 Thanks, then I wait with the laundry
3 Who is on duty for {chore} this week?
1 Me, it's done

Stairwell chat
0 Somebody left {left} on the stairs
1 Not mine
2 Mine! Thank you, coming down
0 It sits on the letter boxes

Book circle
0 Page 112 of {book}. I need to talk
1 I'm on page 30, careful
2 Didn't like it at first, now I read it while walking
0 And the cook? Is she lying?
1 NO SPOILERS
0 Sorry, sorry
2 She is a wonderful liar

Sunday soup
0 Idea for the next one: {dish}
1 I can bring bread
2 I bring {flavour} cake and an appetite
0 Then we have everything but chairs
1 Floor it is

Rowing early birds
0 The water is like glass
1 Some of us have jobs
0 And a {bird} flew along with us the whole way
2 Stop it, I'm sitting in a meeting room
1 Send pictures

The band (still no name)
0 I found us a {instrument}
1 Does anyone of us play it?
0 Details
2 I played the recorder at school
1 We are saved
0 Name idea: {film}
2 Taken, surely
1 We'd need songs first

Pet sitters
0 How is {pet}?
1 Ate everything, knocked over the plant, looks innocent
0 So all is normal
2 I take over on {day}
1 The key is with the baker in {street}

Choir, altos only
0 Who has the notes of the second piece?
1 I do, but with coffee on bar nine
2 Bar nine always tasted of coffee
0 I copy mine for everybody, price: one bun
1 Deal

Allotment 14 to 20
0 The slugs have found my {plant}
1 They were at mine first, sorry
2 Beer traps. Or ducks
0 Where does one get a duck?
1 In {town} there is a man with ducks
2 There is always a man with ducks

Cycling Thursdays
0 Route idea: out to {place} and back by the river
1 Is there cake?
0 There is {flavour} cake
1 In
2 In, if we go slowly

Old flat share
0 I found the {colour} mug. THE mug
1 It was in your box all along?
0 I admit nothing
2 Eight years of suspicion
1 I want it framed

Quiz team
0 What does one call the young of a {bird}?
1 No idea, a nuisance?
2 A question we got wrong, that's what
0 Never again
1 Captain, my captain

Weekend in {town}
0 The place we stayed at has a new roof terrace
1 So we have to go back
2 For the {dish} alone
0 No plans, just dreaming
3 I'm always in for dreaming

Swap shelf
0 To give away: {goods}, hardly used
1 What's wrong with it?
0 Nothing, I have three
2 I'd take it if nobody else does
1 All yours

Running group
0 Shoes are in the sale at the shop in {street}
1 I need legs, not shoes
2 They only have them in {colour}
1 Then certainly not

Street party leftovers
0 I still have two benches and {left} from the party
1 The benches belong to the choir
2 The rest is mine I think, thank you
0 I keep it all dry until then
1 You're a hero
"""
