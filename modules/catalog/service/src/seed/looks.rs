//! The first word of a generated name: a colour, a finish or a collection, each with the hue it is drawn in.

/// How a product looks.
pub(super) struct Look {
    /// The word in the name.
    pub(super) word: &'static str,
    /// The hue of the picture, 0 to 359 degrees.
    pub(super) hue: u16,
    /// A sentence about it.
    pub(super) praise: &'static str,
}

const fn look(word: &'static str, hue: u16, praise: &'static str) -> Look {
    Look { word, hue, praise }
}

/// For what is dyed, glazed or painted.
pub(super) const COLOURS: [Look; 20] = [
    look("Indigo", 232, "The indigo is deep and a little uneven, as it should be."),
    look("Moss", 95, "The moss green goes with wood, with white and with almost everything else."),
    look("Saffron", 43, "The saffron yellow warms a grey morning."),
    look("Brick", 12, "The brick red grows friendlier with the years."),
    look("Sky", 203, "The sky blue is the one of the first warm day in March."),
    look("Plum", 305, "The plum is dark enough to be serious and purple enough not to be."),
    look("Sage", 120, "The sage green is quiet in any room."),
    look("Coral", 9, "The coral is cheerful without shouting."),
    look("Mustard", 48, "The mustard yellow is the accent that was missing."),
    look("Teal", 178, "The teal changes between blue and green with the light."),
    look("Navy", 220, "The navy blue never goes out of fashion."),
    look("Rose", 345, "The rose is soft and slightly dusty."),
    look("Lilac", 270, "The lilac is as light as the flower."),
    look("Mint", 155, "The mint green looks fresh all year."),
    look("Apricot", 28, "The apricot glows in the evening light."),
    look("Forest", 140, "The forest green is the one between the firs."),
    look("Cherry", 355, "The cherry red is easy to find on any shelf."),
    look("Ocean", 192, "The ocean blue is colder than it looks and all the better for it."),
    look("Ochre", 38, "The ochre is made with earth pigments."),
    look("Heather", 290, "The heather tone lies between pink and grey and goes with both."),
];

/// For wood that shows as wood.
pub(super) const WOOD_FINISHES: [Look; 8] = [
    look("Pale", 42, "The pale finish keeps the grain in sight."),
    look("Dark", 20, "The dark stain hides what everyday life leaves."),
    look("Smoked", 26, "It is smoked, not stained, so the colour goes all the way through."),
    look("Honey", 38, "The honey tone comes from two coats of oil."),
    look("Natural", 34, "It is left as it grew, sanded and nothing more."),
    look("Weathered", 50, "It looks as if it had spent a summer by the sea."),
    look("Oiled", 30, "It is rubbed with plant oil and can be rubbed again whenever it looks dry."),
    look("Waxed", 36, "Beeswax gives it a dull shine and a faint smell of honey."),
];

/// For metal that shows as metal.
pub(super) const METAL_FINISHES: [Look; 7] = [
    look("Brushed", 210, "The brushed surface forgives fingerprints."),
    look("Polished", 48, "It is polished by hand until it mirrors the window."),
    look("Matte", 216, "The matte surface does not shine, and so does not show."),
    look("Satin", 200, "The satin finish is smooth and calm."),
    look("Hammered", 25, "Every dent of the hammer is where somebody put it."),
    look("Blackened", 240, "The blackened surface deepens with use."),
    look("Antique", 32, "It looks inherited, and will be."),
];

/// For things of mixed materials: the collection they belong to.
pub(super) const COLLECTIONS: [Look; 14] = [
    look("Harbour", 205, "It belongs to our Harbour collection: blues, greys and good rope."),
    look("Studio", 265, "It belongs to our Studio collection, made for rooms where things are made."),
    look("Sunday", 30, "It belongs to our Sunday collection, which is in no hurry."),
    look("Meadow", 100, "It belongs to our Meadow collection, green without being loud."),
    look("Nordic", 190, "It belongs to our Nordic collection: little, but right."),
    look("Orchard", 8, "It belongs to our Orchard collection and comes in the colours of ripe fruit."),
    look("Lighthouse", 355, "It belongs to our Lighthouse collection and is easy to spot."),
    look("Atelier", 320, "It belongs to our Atelier collection, of which we make a small number each month."),
    look("Market", 52, "It belongs to our Market collection: plain, sturdy, fairly priced."),
    look("Cottage", 130, "It belongs to our Cottage collection and looks at home at once."),
    look("Summit", 225, "It belongs to our Summit collection, tried out above the tree line."),
    look("Riverside", 175, "It belongs to our Riverside collection of things that may get wet."),
    look("Lantern", 40, "It belongs to our Lantern collection for long evenings."),
    look("Willowbank", 80, "It belongs to our Willowbank collection from one small workshop."),
];
