//! What is written with, washed with and played with.

use super::{
    super::{
        looks::{COLLECTIONS, COLOURS},
        materials::*,
    },
    Kind,
};

pub(super) static KINDS: [Kind; 8] = [
    Kind {
        shape: "socks",
        things: &["Socks", "Hiking Socks", "Ankle Socks", "Bed Socks"],
        categories: &["footwear", "clothing"],
        materials: &[MERINO, COTTON, WOOL, CASHMERE],
        looks: &COLOURS,
        dollars: (7, 34),
        virtues: &[
            "They stay up without leaving a mark.",
            "Toe and heel are knitted double, because that is where life happens.",
            "A flat seam at the toe makes them disappear in the shoe.",
        ],
        uses: &[
            "They come as a pair and usually stay one.",
            "They are warm when dry and nearly as warm when wet.",
            "A pair is a small present and three are a good one.",
        ],
    },
    Kind {
        shape: "bottle",
        things: &["Water Bottle", "Flask", "Sports Bottle"],
        categories: &["sports", "outdoors"],
        materials: &[STEEL, ALUMINIUM, GLASS, TITANIUM],
        looks: &COLOURS,
        dollars: (14, 54),
        virtues: &[
            "The {thing} keeps tea hot through a lecture and water cold through a match.",
            "A {thing} that does not leak, whichever way it lies.",
            "The neck of this {thing} is wide enough for ice and for a brush.",
        ],
        uses: &[
            "It fits the holder of any bicycle.",
            "It survives a fall from the roof rack.",
            "The cap hangs on, so it does not get lost.",
        ],
    },
    Kind {
        shape: "notebook",
        things: &["Notebook", "Sketchbook", "Pocket Notebook", "Diary"],
        categories: &["office"],
        materials: &[PAPER, FELT, LEATHER, CORK],
        looks: &COLOURS,
        dollars: (6, 38),
        virtues: &[
            "The {thing} lies flat on every page.",
            "A {thing} that is sewn, not glued, with a ribbon for the place.",
            "The pages of this {thing} are numbered, and the last eight tear out.",
        ],
        uses: &[
            "It takes ink, pencil and second thoughts.",
            "A pocket at the back keeps tickets.",
            "It is the right size to be filled.",
        ],
    },
    Kind {
        shape: "pen",
        things: &["Fountain Pen", "Ballpoint Pen", "Rollerball Pen"],
        categories: &["office"],
        materials: &[BRASS, ALUMINIUM, STEEL, WALNUT],
        looks: &COLOURS,
        dollars: (9, 89),
        virtues: &[
            "The {thing} writes at the first stroke after a week in the drawer.",
            "A {thing} with its balance where the fingers hold it.",
            "This {thing} clicks in a way that is hard to leave alone.",
        ],
        uses: &[
            "It takes refills from any stationer.",
            "It makes lists look like plans.",
            "A clip holds it to pocket or page.",
        ],
    },
    Kind {
        shape: "soap",
        things: &["Soap", "Hand Soap", "Shaving Soap", "Shampoo Bar"],
        categories: &["beauty"],
        materials: &[OLIVE_OIL, OATMEAL, CEDAR],
        looks: &COLLECTIONS,
        dollars: (4, 19),
        virtues: &[
            "The {thing} lathers well even in hard water.",
            "A {thing} that is cut by hand, so no two weigh the same.",
            "This {thing} leaves skin clean and not tight.",
        ],
        uses: &[
            "It is wrapped in paper and nothing else.",
            "One piece lasts two months.",
            "It makes the guest bathroom smell visited.",
        ],
    },
    Kind {
        shape: "kite",
        things: &["Kite", "Stunt Kite", "Box Kite"],
        categories: &["toys", "outdoors"],
        materials: &[NYLON, COTTON],
        looks: &COLOURS,
        dollars: (14, 64),
        virtues: &[
            "The {thing} rises in a breeze that hardly moves the grass.",
            "A {thing} that a child can launch and a parent will not give back.",
            "This {thing} is stable in strong wind and patient in weak.",
        ],
        uses: &[
            "Sixty metres of line are on the reel.",
            "It packs to the length of an arm.",
            "A spare spar is in the bag.",
        ],
    },
    Kind {
        shape: "ball",
        things: &["Football", "Beach Ball", "Juggling Ball", "Play Ball"],
        categories: &["toys", "sports"],
        materials: &[LEATHER, RUBBER, COTTON, FELT],
        looks: &COLOURS,
        dollars: (8, 44),
        virtues: &[
            "The {thing} is round to the millimetre and stays so.",
            "A {thing} with good grip and an honest bounce.",
            "The {thing} is stitched by hand from thirty-two panels.",
        ],
        uses: &[
            "It is kind to windows, within reason.",
            "A needle for the pump is included.",
            "It is for gardens, beaches and long corridors.",
        ],
    },
    Kind {
        shape: "puzzle",
        things: &["Puzzle", "Jigsaw", "Brain Teaser", "Stacking Puzzle"],
        categories: &["toys"],
        materials: &[BEECH, RECYCLED_CARD, WALNUT, CORK],
        looks: &COLLECTIONS,
        dollars: (9, 49),
        virtues: &[
            "The {thing} takes one rainy afternoon or five quiet evenings.",
            "A {thing} whose pieces fit with a click that is a reward in itself.",
            "This {thing} is hard enough to be put away in anger and taken out again.",
        ],
        uses: &[
            "No piece is missing: we weigh every box.",
            "It is for one patient person or four impatient ones.",
            "It looks good unfinished.",
        ],
    },
];
