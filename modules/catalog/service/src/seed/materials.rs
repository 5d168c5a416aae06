//! The second word of a generated name: what a product is made of, and what to say for it.

/// What something is made of.
pub(super) struct Material {
    /// The word in the name.
    pub(super) word: &'static str,
    /// Sentences about it, of which a description takes one.
    pub(super) praise: [&'static str; 2],
}

macro_rules! materials {
    ($($name:ident $word:literal: $first:literal, $second:literal;)*) => {
        $(pub(super) const $name: &Material = &Material { word: $word, praise: [$first, $second] };)*
    };
}

materials! {
    STONEWARE "Stoneware": "The stoneware is fired hot enough for oven, freezer and dishwasher.", "No two glazes run the same way.";
    PORCELAIN "Porcelain": "The porcelain is thin enough to let light through and harder than it looks.", "Hard-fired porcelain keeps its white for decades.";
    EARTHENWARE "Earthenware": "The earthenware keeps warm things warm for a good while.", "Red clay shows at the foot, where the glaze ends.";
    TERRACOTTA "Terracotta": "The terracotta breathes and ages well.", "Unglazed terracotta takes on the marks of the years.";
    GLASS "Glass": "The glass is clear, thick at the base and safe in the dishwasher.", "It is blown by mouth, so a bubble here and there is a signature.";
    RECYCLED_GLASS "Recycled Glass": "Nine tenths of the glass have been bottles before.", "Recycled glass has a faint green at the edges.";
    OAK "Oak": "The oak comes from managed forests within a day's drive of the workshop.", "Solid oak can be sanded and oiled again when it has lived.";
    WALNUT "Walnut": "The walnut is dark, dense and beautifully figured.", "Each piece of walnut has a grain of its own.";
    BEECH "Beech": "Steamed beech is tough and hardly moves with the seasons.", "The beech is smooth to the hand from the first day.";
    ACACIA "Acacia": "Acacia does not mind water and hardly needs care.", "The acacia has lively stripes from honey to brown.";
    BAMBOO "Bamboo": "Bamboo grows back in four years and is harder than oak.", "The bamboo is light, hard and easy to wipe.";
    OLIVEWOOD "Olivewood": "The olivewood comes from trees too old to bear fruit.", "Olivewood smells faintly of pepper when it is new.";
    STEEL "Steel": "Stainless steel does not rust, dent easily or taste of anything.", "The steel is thick where it matters and light where it may be.";
    BRASS "Brass": "The brass will darken with time; a little lemon brings the shine back.", "Solid brass gives it a good weight.";
    COPPER "Copper": "The copper takes on a patina that nobody else's has.", "Copper spreads heat as nothing else does.";
    CAST_IRON "Cast Iron": "The cast iron will outlive its owner.", "Cast iron is slow to warm and slow to cool.";
    TITANIUM "Titanium": "Titanium is as strong as steel at half the weight.", "The titanium is kind to sensitive skin.";
    ALUMINIUM "Aluminium": "The aluminium is light, anodised and scratch resistant.", "Three quarters of the aluminium are recycled.";
    LINEN "Linen": "The linen is washed soft and grows softer.", "European flax, woven in a mill that has done so for a century.";
    COTTON "Cotton": "The cotton is long-staple, so it does not pill.", "Thick cotton, washed once before it reaches you.";
    ORGANIC_COTTON "Organic Cotton": "The cotton is grown without pesticides and certified so.", "Organic cotton feels the way it did before anyone treated it.";
    WOOL "Wool": "The wool is from sheep that spend the year outside.", "Wool keeps warm even when it is damp.";
    MERINO "Merino": "Merino is fine enough to be worn on the skin.", "The merino airs out overnight and rarely needs washing.";
    CASHMERE "Cashmere": "The cashmere is two-ply, light and very warm.", "Combed, not shorn, cashmere keeps its softness.";
    ALPACA "Alpaca": "Alpaca is warmer than wool and does not scratch.", "The alpaca comes in the animal's own undyed tones beneath the colour.";
    FLANNEL "Flannel": "The flannel is brushed on both sides.", "Heavy flannel, soft from the first evening.";
    VELVET "Velvet": "The velvet changes its tone when a hand goes over it.", "Dense cotton velvet that bears daily use.";
    CANVAS "Canvas": "The canvas is waxed against rain.", "Heavy canvas with doubled seams carries more than it needs to.";
    NYLON "Nylon": "The nylon is spun from old fishing nets.", "Tightly woven nylon dries in minutes.";
    LEATHER "Leather": "The leather is tanned with bark and darkens beautifully.", "Full-grain leather grows better with wear.";
    SUEDE "Suede": "The suede is soft and treated against rain.", "A brush brings the suede back after a wet day.";
    ACETATE "Acetate": "The acetate is cut from a block, so its colour does not wear off.", "Plant-based acetate is light and warm to the touch.";
    CORK "Cork": "The cork is peeled from the tree, which goes on growing.", "Cork is light, warm and hard to stain.";
    RATTAN "Rattan": "The rattan is woven wet and dries tight.", "Each rattan weave takes a pair of hands one afternoon.";
    WILLOW "Willow": "The willow is cut in winter and woven in spring.", "Peeled willow is light and surprisingly strong.";
    SEAGRASS "Seagrass": "Seagrass smells of hay and sheds water.", "The seagrass is twisted by hand before it is woven.";
    STRAW "Straw": "The straw is braided tightly enough to hold water for a moment.", "Wheat straw keeps its spring for many summers.";
    PAPER "Recycled Paper": "The paper takes ink without bleeding.", "A hundred per cent of the paper was paper before.";
    RUBBER "Rubber": "Natural rubber grips wet and dry.", "The rubber comes from trees, not from oil.";
    FELT "Felt": "The felt is pressed wool and keeps its shape.", "Thick felt softens every edge.";
    BEESWAX "Beeswax": "The beeswax burns with a steady flame and a smell of summer.", "Pure beeswax hardly drips.";
    SOY_WAX "Soy Wax": "Soy wax burns slowly and washes out with warm water.", "The wick is cotton and the wax is nothing but soy.";
    OLIVE_OIL "Olive Oil": "Olive oil makes it mild enough for faces.", "It is cured for six weeks, so it lasts.";
    OATMEAL "Oatmeal": "Ground oats scrub gently.", "Oatmeal calms dry skin.";
    CEDAR "Cedar": "Cedar gives it a clean, dry scent.", "The cedar oil is pressed from sawmill shavings.";
    CERAMIC "Ceramic": "The ceramic warms evenly and spares what it touches.", "A ceramic core keeps the heat from jumping.";
    IONIC "Ionic": "Ionised air dries faster and leaves less frizz.", "The ionic motor weighs half of what its ancestors did.";
    RECYCLED_CARD "Card": "The pieces are cut from thick recycled card and fit with a click.", "Matt card does not mirror the lamp.";
}
