"""Products: what, its lines, the choices of its variants, and the range of prices."""

from __future__ import annotations

PRODUCTS = (
    ("desk lamp", "Pharos Gleam Tilly Hinge Mothlight Oddo Cant Sprig", {"colour": "black white brass sage"}, (24, 79)),
    (
        "rain jacket",
        "Drizzle Tarn Skua Gully Petrel Cloudbreak Ness Brack",
        {"size": "S M L XL", "colour": "navy olive"},
        (49, 140),
    ),
    (
        "stoneware mug",
        "Morrow Dapple Pebble Ashfall Loam Tideline Fleck Kiln",
        {"volume": "200ml 300ml 400ml"},
        (8, 19),
    ),
    ("backpack", "Waypost Carry Furlong Knoll Satchelman Byway Trove Hitch", {"volume": "18l 24l 32l"}, (39, 120)),
    (
        "wool blanket",
        "Foldover Moorland Drowse Tuck Hearthside Nap Lull Ember",
        {"size": "single double", "colour": "grey rust"},
        (45, 130),
    ),
    ("cast iron pan", "Anvil Sear Forge Hob Crackle Stout Blackbird Iris", {"diameter": "20cm 24cm 28cm"}, (25, 75)),
    ("bicycle bell", "Tring Dingle Pling Chime Robin Bright Alarm Sparrow", {"colour": "black silver copper"}, (7, 24)),
    (
        "notebook",
        "Margin Draft Ledger Quarto Scribe Foolscap Plain Jotter",
        {"ruling": "plain lined dotted squared"},
        (5, 18),
    ),
    ("running shoes", "Fleet Pacer Stride Dash Heath Gravelroad Loop Lightfoot", {"size": "38 40 42 44 46"}, (59, 150)),
    (
        "headlamp",
        "Burrow Beam Grotto Owl Lantern Pitch Trailfinder Nocturne",
        {"battery": "AAA rechargeable"},
        (15, 60),
    ),
    ("coffee grinder", "Turn Crank Burr Millstone Roastery Daybreak Whirr Grist", {"material": "wood steel"}, (29, 99)),
    (
        "board game",
        "Ferrymen Saltmarsh Tollbooth Beekeeper Nightmarket Cartographer Lighthouse Orchard",
        {"edition": "standard travel"},
        (15, 49),
    ),
    ("yoga mat", "Plank Still Lotuspond Unroll Level Breathing Sunward Ground", {"thickness": "3mm 5mm 8mm"}, (19, 65)),
    ("tea tin", "Leafy Steep Caddy Samovar Drawer Pekoe Whistle Amberleaf", {"size": "100g 250g"}, (6, 17)),
    ("garden shears", "Snip Hedgerow Thorn Nipper Espalier Bower Bramble Topiary", {"length": "short long"}, (14, 48)),
    (
        "pillow",
        "Dune Cumulus Nod Feathergrass Hush Reverie Cloudlet Slumber",
        {"size": "40x80cm 80x80cm", "filling": "down kapok"},
        (18, 70),
    ),
    (
        "table clock",
        "Tock Quarterpast Pendle Meridiana Minute Numeral Sundial Chronicle",
        {"colour": "walnut white red"},
        (22, 85),
    ),
    ("picnic basket", "Meadow Hamper Wicker Glade Outing Riverside Linen Daisy", {"for": "2 4 6"}, (29, 95)),
    (
        "travel adapter",
        "Plugged Hopper Sojourn Socket Passepartout Terminal Voltaic Junction",
        {"ports": "1 2 4"},
        (12, 39),
    ),
    (
        "puzzle",
        "Harbour Attic Menagerie Rooftops Greenhouse Tramline Archipelago Bakery",
        {"pieces": "500 1000 2000"},
        (11, 34),
    ),
    (
        "water bottle",
        "Wellspring Rill Brook Flume Sip Cistern Wellhead Freshet",
        {"volume": "500ml 750ml 1000ml", "colour": "steel"},
        (12, 36),
    ),
)
