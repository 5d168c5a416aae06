//! Draws products: one illustration per shape, in the product's own colours.
//!
//! A drawing is SVG with names of colours in braces, such as `{main}`. Which colours they are follows from the hue; the variant
//! turns the drawing round, and chooses its second colour and what hangs behind it.

use std::{fmt, sync::LazyLock};

use actix_web::{
    HttpResponse,
    http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue},
    web::Path,
};
use askama::{FastWritable, Values};
use catalog_contract::Picture;

use crate::{
    assets::{IMMUTABLE, fingerprint},
    refusal::Refusal,
};

macro_rules! drawings {
    ($($shape:literal),* $(,)?) => {
        &[$(($shape, include_str!(concat!("../../../templates/storefront/pictures/", $shape, ".svg")))),*]
    };
}

/// All drawings, by the name of their shape, in the order of the names.
const DRAWINGS: &[(&str, &str)] = drawings![
    "backpack",
    "ball",
    "basket",
    "blanket",
    "board",
    "bottle",
    "bowl",
    "candle",
    "candle-holder",
    "chair",
    "clock",
    "cushion",
    "hairdryer",
    "hat",
    "jar",
    "kite",
    "knife",
    "lamp",
    "loafers",
    "mirror",
    "mug",
    "notebook",
    "pan",
    "pen",
    "plant-pot",
    "plate",
    "puzzle",
    "scarf",
    "shakers",
    "shirt",
    "soap",
    "socks",
    "stool",
    "sunglasses",
    "sweater",
    "tank-top",
    "teapot",
    "tote",
    "towel",
    "umbrella",
    "vase",
    "watch",
];

/// What is drawn for a shape nobody has drawn yet.
const PARCEL: &str = include_str!("../../../templates/storefront/pictures/parcel.svg");

/// What hangs behind a thing.
const BACKDROPS: [&str; 4] = [
    r#"<circle cx="200" cy="188" r="138" fill="{glow}"/>"#,
    r#"<path d="M78 332V176a122 122 0 0 1 244 0v156z" fill="{glow}"/>"#,
    r#"<circle cx="262" cy="142" r="96" fill="{glow}"/><circle cx="118" cy="236" r="62" fill="{glow}"/>"#,
    r#"<rect x="70" y="62" width="260" height="260" rx="56" fill="{glow}" transform="rotate(8 200 192)"/>"#,
];

/// Changes with every change of a drawing, so that pictures may be kept for ever under their address.
static EDITION: LazyLock<String> = LazyLock::new(|| {
    let mut parts: Vec<_> = DRAWINGS.iter().map(|(_, drawing)| drawing.as_bytes()).collect();
    parts.extend([PARCEL.as_bytes(), include_bytes!("pictures.rs")]);
    fingerprint(&parts)
});

/// Where a picture is.
pub(crate) struct PictureAddress<'a>(pub(crate) &'a Picture);

impl fmt::Display for PictureAddress<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Picture { shape, hue, variant } = self.0;
        write!(formatter, "/pictures/{}/{shape}-{hue}-{variant}.svg", *EDITION)
    }
}

impl FastWritable for PictureAddress<'_> {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn Values) -> askama::Result<()> {
        write!(dest, "{self}").map_err(askama::Error::from)
    }
}

/// Serves a drawing.
pub(crate) async fn picture(path: Path<(String, String)>) -> Result<HttpResponse, Refusal> {
    let (edition, file) = path.into_inner();
    let picture = parse(&file).ok_or_else(|| Refusal::not_found("picture"))?;
    // A page from before the last change may still ask for the old edition: it gets the new one, and should not keep it.
    let kept = if edition == *EDITION { IMMUTABLE } else { HeaderValue::from_static("no-cache") };
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, HeaderValue::from_static("image/svg+xml")))
        .insert_header((CACHE_CONTROL, kept))
        .body(draw(&picture)))
}

/// Reads `shape-hue-variant.svg`.
fn parse(file: &str) -> Option<Picture> {
    let mut parts = file.strip_suffix(".svg")?.rsplitn(3, '-');
    let (variant, hue, shape) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?);
    (hue < 360).then(|| Picture { shape: shape.to_owned(), hue, variant })
}

fn draw(picture: &Picture) -> String {
    let found = DRAWINGS.binary_search_by_key(&picture.shape.as_str(), |(shape, _)| shape);
    let drawing = found.map_or(PARCEL, |index| DRAWINGS[index].1);
    let backdrop = BACKDROPS[usize::from(picture.variant) % BACKDROPS.len()];
    let turned = (picture.variant / 4) % 2 == 1;
    let mut svg = String::with_capacity(4_096);
    svg.push_str(r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 400">"#);
    colour(&mut svg, r#"<rect width="400" height="400" fill="{paper}"/>"#, picture);
    colour(&mut svg, backdrop, picture);
    svg.push_str(if turned { r#"<g transform="matrix(-1 0 0 1 400 0)">"# } else { "<g>" });
    colour(&mut svg, drawing, picture);
    svg.push_str("</g></svg>");
    svg
}

/// Writes a drawing with its names of colours replaced.
fn colour(svg: &mut String, drawing: &str, picture: &Picture) {
    for (index, piece) in drawing.split(['{', '}']).enumerate() {
        if index % 2 == 0 {
            svg.push_str(piece);
        } else {
            let (hue, saturation, lightness) = colour_named(piece, picture);
            svg.push_str(&format!("hsl({hue},{saturation}%,{lightness}%)"));
        }
    }
}

/// Hue, saturation and lightness of a colour; a name nobody knows is grey.
fn colour_named(name: &str, picture: &Picture) -> (u16, u16, u16) {
    let hue = picture.hue % 360;
    let second_hue = (hue + [150, 38, 190, 322, 210][usize::from(picture.variant / 8) % 5]) % 360;
    match name {
        "paper" => (hue, 42, 93),
        "glow" => (hue, 48, 87),
        "floor" => (hue, 28, 76),
        "main" => (hue, 50, 54),
        "dark" => (hue, 48, 40),
        "deep" => (hue, 46, 27),
        "light" => (hue, 56, 70),
        "pale" => (hue, 58, 84),
        "second" => (second_hue, 58, 60),
        "second-dark" => (second_hue, 50, 45),
        "second-light" => (second_hue, 64, 78),
        "wood" => (30, 44, 62),
        "wood-dark" => (27, 42, 47),
        "wood-light" => (34, 52, 75),
        "leaf" => (142, 34, 42),
        "leaf-light" => (128, 34, 56),
        "gold" => (42, 72, 62),
        "cream" => (40, 55, 95),
        "shade" => (38, 26, 84),
        "metal" => (212, 14, 78),
        "metal-dark" => (214, 12, 58),
        "ink" => (222, 16, 22),
        _ => (0, 0, 50),
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use super::*;

    fn drawn(shape: &str) -> String {
        draw(&Picture { shape: shape.to_owned(), hue: 210, variant: 5 })
    }

    #[test]
    fn every_drawing_in_the_folder_is_known() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../templates/storefront/pictures");
        let files: BTreeSet<_> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|file| file != "parcel.svg")
            .collect();
        let known: BTreeSet<_> = DRAWINGS.iter().map(|(shape, _)| format!("{shape}.svg")).collect();
        assert_eq!(files, known);
        assert!(DRAWINGS.is_sorted(), "binary search needs the order");
    }

    #[test]
    fn no_colour_is_left_unnamed() {
        for (shape, _) in DRAWINGS {
            let svg = drawn(shape);
            assert!(!svg.contains("hsl(0,0%,50%)"), "{shape} names a colour that is not in the list");
            assert!(!svg.contains(['{', '}']), "{shape} has a brace too many");
            assert_eq!(svg.matches('<').count(), svg.matches('>').count(), "{shape} is not well formed");
        }
    }

    #[test]
    fn a_shape_nobody_has_drawn_is_a_parcel() {
        assert_eq!(drawn("trombone"), drawn("parcel"));
    }

    #[test]
    fn an_address_reads_back_as_its_picture() {
        let picture = Picture { shape: "candle-holder".to_owned(), hue: 35, variant: 7 };
        let address = PictureAddress(&picture).to_string();
        assert_eq!(parse(address.rsplit('/').next().unwrap()), Some(picture));
        for wrong in ["mug.svg", "mug-360-0.svg", "mug-1-0.png", "mug-1-65536.svg", "-.svg"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
    }
}
