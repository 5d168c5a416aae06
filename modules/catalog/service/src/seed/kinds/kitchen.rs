//! What is used in a kitchen and on a table.

use super::{
    super::{
        looks::{COLLECTIONS, COLOURS, METAL_FINISHES, WOOD_FINISHES},
        materials::*,
    },
    Kind,
};

pub(super) static KINDS: [Kind; 10] = [
    Kind {
        shape: "mug",
        things: &["Mug", "Coffee Cup", "Tea Mug", "Espresso Cup"],
        categories: &["kitchen"],
        materials: &[STONEWARE, PORCELAIN, EARTHENWARE],
        looks: &COLOURS,
        dollars: (7, 19),
        virtues: &[
            "The handle of this {thing} has room for all your fingers.",
            "A {thing} with a thick base that does not tip over keyboards.",
            "The rim of the {thing} is thin where the lip goes and strong everywhere else.",
        ],
        uses: &[
            "It stacks with others of its kind.",
            "Good for the first cup and for the fifth.",
            "A gift that nobody has to pretend to like.",
        ],
    },
    Kind {
        shape: "bowl",
        things: &["Serving Bowl", "Cereal Bowl", "Salad Bowl", "Mixing Bowl"],
        categories: &["kitchen"],
        materials: &[STONEWARE, PORCELAIN, EARTHENWARE, RECYCLED_GLASS],
        looks: &COLOURS,
        dollars: (11, 44),
        virtues: &[
            "The {thing} is deep enough to toss in and wide enough to share from.",
            "A {thing} with a foot that gives wet hands something to hold.",
            "This {thing} goes from the counter to the table without apology.",
        ],
        uses: &[
            "Between meals it holds fruit, keys and letters.",
            "Four of them nest inside each other.",
            "It is as good for dough as for salad.",
        ],
    },
    Kind {
        shape: "plate",
        things: &["Dinner Plate", "Side Plate", "Cake Plate", "Serving Plate"],
        categories: &["kitchen"],
        materials: &[STONEWARE, PORCELAIN, EARTHENWARE],
        looks: &COLOURS,
        dollars: (9, 32),
        virtues: &[
            "The {thing} has a raised edge that keeps the sauce where it belongs.",
            "A flat, generous {thing} that makes toast look like dinner.",
            "This {thing} is glazed on both sides and does not scratch the table.",
        ],
        uses: &[
            "Mix it with the other colours.",
            "It fits every ordinary dishwasher rack.",
            "Six of them make a table.",
        ],
    },
    Kind {
        shape: "teapot",
        things: &["Teapot", "Tea Kettle", "Coffee Pot"],
        categories: &["kitchen"],
        materials: &[STONEWARE, PORCELAIN, CAST_IRON],
        looks: &COLOURS,
        dollars: (28, 79),
        virtues: &[
            "The {thing} pours without dripping, which we tried two hundred times.",
            "A {thing} for four cups, with a lid that stays on to the last drop.",
            "The spout of this {thing} is cut sharp so that it stops when you do.",
        ],
        uses: &[
            "A fine steel sieve comes with it.",
            "It holds a little over a litre.",
            "It belongs in the middle of a long conversation.",
        ],
    },
    Kind {
        shape: "shakers",
        things: &["Salt & Pepper Shakers", "Spice Shakers", "Sugar & Cinnamon Shakers"],
        categories: &["kitchen"],
        materials: &[OAK, WALNUT, BEECH, OLIVEWOOD, ACACIA],
        looks: &WOOD_FINISHES,
        dollars: (14, 34),
        virtues: &[
            "A pair that stands firm and is told apart by touch.",
            "Two small turned shakers with holes of the right size, which is rarer than it sounds.",
            "These shakers are filled from below and never leak there.",
        ],
        uses: &[
            "They fit next to the stove and look good on the table.",
            "The stoppers are cork.",
            "They come filled with nothing but expectations.",
        ],
    },
    Kind {
        shape: "jar",
        things: &["Storage Jar", "Biscuit Jar", "Tea Caddy", "Spice Jar"],
        categories: &["kitchen", "home"],
        materials: &[GLASS, RECYCLED_GLASS, STONEWARE],
        looks: &COLLECTIONS,
        dollars: (5, 27),
        virtues: &[
            "The lid of this {thing} seals with a soft click.",
            "A {thing} with an opening wide enough for a hand and a scoop.",
            "The {thing} keeps dry things dry and crisp things crisp.",
        ],
        uses: &[
            "It stacks, so a shelf holds two rows.",
            "Flour, beans, buttons: it is not particular.",
            "Lid and jar go into the dishwasher.",
        ],
    },
    Kind {
        shape: "knife",
        things: &["Chef's Knife", "Bread Knife", "Paring Knife", "Carving Knife"],
        categories: &["kitchen"],
        materials: &[OAK, WALNUT, OLIVEWOOD, STEEL],
        looks: &COLLECTIONS,
        dollars: (24, 119),
        virtues: &[
            "The {thing} comes sharp and is easy to keep so.",
            "A {thing} with its weight where blade and handle meet.",
            "The blade of this {thing} is forged, ground thin and honed by hand.",
        ],
        uses: &[
            "It comes with a cover, for drawers and fingers.",
            "Wash it by hand and it will see your grandchildren.",
            "It makes short work of onions and of crusts.",
        ],
    },
    Kind {
        shape: "board",
        things: &["Cutting Board", "Bread Board", "Cheese Board", "Serving Board"],
        categories: &["kitchen"],
        materials: &[OAK, WALNUT, BEECH, OLIVEWOOD, ACACIA, BAMBOO],
        looks: &WOOD_FINISHES,
        dollars: (16, 74),
        virtues: &[
            "The {thing} is thick enough not to warp and kind to the edge of a knife.",
            "A {thing} with a groove on one side and none on the other.",
            "This {thing} is cut from one plank, so there is no seam to open.",
        ],
        uses: &[
            "It hangs by a leather loop.",
            "It is handsome enough to carry to the table.",
            "A rub with oil twice a year is all it asks.",
        ],
    },
    Kind {
        shape: "pan",
        things: &["Frying Pan", "Saute Pan", "Skillet", "Crepe Pan"],
        categories: &["kitchen"],
        materials: &[CAST_IRON, STEEL, COPPER, ALUMINIUM],
        looks: &METAL_FINISHES,
        dollars: (29, 129),
        virtues: &[
            "The {thing} heats evenly to the edge.",
            "A {thing} with a handle that stays cool and rivets that stay put.",
            "The longer this {thing} is used, the less sticks to it.",
        ],
        uses: &[
            "It works on gas, induction and embers.",
            "It goes into the oven as it is.",
            "Pancakes, eggs and steaks come off it in one piece.",
        ],
    },
    Kind {
        shape: "towel",
        things: &["Tea Towel", "Bath Towel", "Hand Towel", "Beach Towel"],
        categories: &["beauty", "sports"],
        materials: &[COTTON, ORGANIC_COTTON, LINEN],
        looks: &COLOURS,
        dollars: (9, 39),
        virtues: &[
            "The {thing} drinks water rather than pushing it about.",
            "A {thing} with a loop at both ends, so it hangs whichever way it lands.",
            "This {thing} dries fast and stays fluffy.",
        ],
        uses: &[
            "It gets better with every wash.",
            "Two of them make a set and three make sense.",
            "It folds small enough for the gym bag.",
        ],
    },
];
