//! What the catalogue finds for some words.

use actix_web::{HttpResponse, web::Query};
use askama::Template;
use serde::Deserialize;
use tokio::join;

use crate::{
    around::Around,
    pages::{home::no_catalogue, or_missing},
    refusal::Refusal,
    views::{Card, cards, list_prices},
    visit::Visit,
};

const FINDINGS_AT_MOST: u32 = 48;
/// Longer questions are cut: nobody types them, and every word costs.
const WORDS_AT_MOST_CHARACTERS: usize = 200;

/// The words to look for.
#[derive(Deserialize)]
pub(crate) struct Question {
    #[serde(default)]
    q: String,
}

#[derive(Template)]
#[template(path = "storefront/search.html")]
struct SearchPage {
    around: Around,
    words: String,
    cards: Vec<Card>,
}

pub(crate) async fn show(visit: Visit, question: Query<Question>) -> Result<HttpResponse, Refusal> {
    let words: String = question.q.trim().chars().take(WORDS_AT_MOST_CHARACTERS).collect();
    let find = async {
        if words.is_empty() {
            return Ok(Vec::new());
        }
        visit.asks().catalog.search(&visit.call, words.clone(), FINDINGS_AT_MOST).await
    };
    let (surroundings, found) = join!(visit.look_around(), find);
    let mut around = surroundings?.around;
    let found = found.map_err(no_catalogue)?;
    if found.is_empty() {
        return Ok(visit.page(&SearchPage { around, words, cards: Vec::new() }));
    }

    let skus = found.iter().map(|product| product.sku.clone()).collect();
    let (prices, ratings) =
        join!(visit.prices(&mut around, list_prices(&found)), visit.asks().reviews.summary_many(&visit.aside, skus),);
    let ratings = or_missing(ratings, "ratings", &mut around.missing);
    let cards = cards(found, prices, |product| ratings.get(&product.sku).copied());
    Ok(visit.page(&SearchPage { around, words, cards }))
}
