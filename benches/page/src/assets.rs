//! Where the style sheet and the drawings are: addresses that change with their content, so that the shop is asked for them.

use std::sync::OnceLock;

use anyhow::Context as _;

static ADDRESSES: OnceLock<Addresses> = OnceLock::new();

/// What the shop's own pages lead to.
#[derive(Clone, Debug)]
pub(crate) struct Addresses {
    /// The style sheet.
    pub(crate) style: String,
    /// What stands between `/pictures/` and the picture.
    pub(crate) edition: String,
}

impl Addresses {
    /// Reads them from a product page of the shop.
    pub(crate) fn on_page(page: &str) -> anyhow::Result<Self> {
        let between = |before: &str, after: char| {
            let (_, rest) = page.split_once(before).with_context(|| format!("the page has no {before}"))?;
            let (found, _) = rest.split_once(after).with_context(|| format!("{before} has no end"))?;
            anyhow::Ok(found.to_owned())
        };
        Ok(Self { style: between("<link rel=\"stylesheet\" href=\"", '"')?, edition: between("\"/pictures/", '/')? })
    }

    /// Makes them those of this process.
    pub(crate) fn keep(self) {
        ADDRESSES.set(self).expect("a process serves one shop");
    }
}

/// Where the style sheet is; the template asks for it by this name.
pub(crate) fn style_address() -> &'static str {
    ADDRESSES.get().map_or("", |addresses| &addresses.style)
}

/// The edition of the drawings.
pub(crate) fn edition() -> &'static str {
    ADDRESSES.get().map_or("", |addresses| &addresses.edition)
}
