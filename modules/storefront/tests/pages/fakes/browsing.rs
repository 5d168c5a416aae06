//! What visitors look at: goods, prices, offers, opinions.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalog_contract::{CatalogError, CatalogService, Category, Listing, Product, ProductPage};
use currency_contract::{CurrencyError, CurrencyService};
use promotions_contract::{Banner, Discount, PromotionsError, PromotionsService};
use recommendations_contract::{RecommendationsError, RecommendationsService};
use reviews_contract::{NewReview, Rating, Review, ReviewsError, ReviewsService};
use seam::{Call, Outcome};
use vocabulary::{Currency, Money, OrderId, Sku};

use super::{FakeShop, NOW};

impl CatalogService for FakeShop {
    async fn list(&self, _: &Call, wanted: Listing) -> Outcome<ProductPage, CatalogError> {
        let _state = self.answering("catalog")?;
        if !(1..=100).contains(&wanted.limit) {
            return Err(CatalogError::Limit { limit: wanted.limit }.into());
        }
        let slug = wanted.category.unwrap_or_default();
        if !slug.is_empty() && !self.products.iter().any(|product| product.categories.contains(&slug)) {
            return Err(CatalogError::UnknownCategory { slug }.into());
        }
        let all: Vec<_> =
            self.products.iter().filter(|product| slug.is_empty() || product.categories.contains(&slug)).collect();
        let page =
            all.iter().skip(wanted.offset as usize).take(wanted.limit as usize).map(|product| (*product).clone());
        Ok(ProductPage { products: page.collect(), total: u32::try_from(all.len()).unwrap() })
    }

    async fn get_many(&self, call: &Call, skus: Vec<Sku>) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        self.answering("catalog")?.last_call = Some(call.clone());
        Ok(skus.iter().filter_map(|sku| self.product(sku)).cloned().collect())
    }

    async fn categories(&self, _: &Call) -> Outcome<Arc<Vec<Category>>, CatalogError> {
        let _state = self.answering("catalog")?;
        let names = [
            ("clothing", "Clothing"),
            ("accessories", "Accessories"),
            ("kitchen", "Kitchen & table"),
            ("home", "Home"),
        ];
        let category = |(slug, name): (&str, &str)| Category {
            slug: slug.to_owned(),
            name: name.to_owned(),
            products: u32::try_from(self.products.iter().filter(|product| product.categories[0] == slug).count())
                .unwrap(),
        };
        Ok(Arc::new(names.into_iter().map(category).collect()))
    }

    async fn search(&self, _: &Call, query: String, limit: u32) -> Outcome<Vec<Arc<Product>>, CatalogError> {
        let _state = self.answering("catalog")?;
        let found = self.products.iter().filter(|product| product.name.to_lowercase().contains(&query.to_lowercase()));
        Ok(found.take(limit as usize).cloned().collect())
    }

    async fn upsert(&self, _: &Call, _: Product) -> Outcome<(), CatalogError> {
        Err(CatalogError::NotAllowed.into())
    }
}

impl CurrencyService for FakeShop {
    async fn supported(&self, _: &Call) -> Outcome<Vec<Currency>, CurrencyError> {
        let _state = self.answering("currency")?;
        Ok(["USD", "EUR", "GBP", "JPY", "CAD", "TRY"].map(|code| code.parse().unwrap()).to_vec())
    }

    async fn convert_many(&self, _: &Call, amounts: Vec<Money>, to: Currency) -> Outcome<Vec<Money>, CurrencyError> {
        let _state = self.answering("currency")?;
        let rate = match to.as_str() {
            "USD" => 100,
            "EUR" => 92,
            "GBP" => 79,
            "JPY" => 15_000,
            "CAD" => 137,
            "TRY" => 3_300,
            _ => return Err(CurrencyError::Unsupported { currency: to }.into()),
        };
        amounts
            .into_iter()
            .map(|amount| amount.exchange(to, rate, 100).map_err(|_| CurrencyError::TooLarge.into()))
            .collect()
    }
}

impl PromotionsService for FakeShop {
    async fn for_context(&self, _: &Call, _: Vec<String>, _: u32) -> Outcome<Vec<Banner>, PromotionsError> {
        let _state = self.answering("promotions")?;
        Ok(vec![Banner { text: "Meet the Meridian Watch".to_owned(), sku: "1YMWWN1N4O".parse().unwrap() }])
    }

    async fn redeem(&self, _: &Call, _: OrderId, code: String, _: Money) -> Outcome<Discount, PromotionsError> {
        Err(PromotionsError::UnknownCoupon { code }.into())
    }

    async fn give_back(&self, _: &Call, _: OrderId) -> Outcome<(), PromotionsError> {
        Ok(())
    }
}

impl RecommendationsService for FakeShop {
    async fn for_products(&self, _: &Call, skus: Vec<Sku>, limit: u32) -> Outcome<Vec<Sku>, RecommendationsError> {
        let _state = self.answering("recommendations")?;
        let others = self.products.iter().filter(|product| !skus.contains(&product.sku));
        Ok(others.take(limit as usize).map(|product| product.sku.clone()).collect())
    }
}

impl ReviewsService for FakeShop {
    async fn summary_many(&self, _: &Call, skus: Vec<Sku>) -> Outcome<BTreeMap<Sku, Rating>, ReviewsError> {
        let state = self.answering("reviews")?;
        let rating = |sku: &Sku| {
            let reviews = state.reviews.get(sku)?;
            let count = u32::try_from(reviews.len()).unwrap();
            Some(Rating { count, stars: reviews.iter().map(|review| u32::from(review.stars)).sum() })
        };
        Ok(skus.into_iter().filter_map(|sku| rating(&sku).map(|rating| (sku, rating))).collect())
    }

    async fn list(&self, _: &Call, sku: Sku, limit: u32) -> Outcome<Vec<Review>, ReviewsError> {
        let state = self.answering("reviews")?;
        Ok(state.reviews.get(&sku).into_iter().flatten().rev().take(limit as usize).cloned().collect())
    }

    async fn post(&self, _: &Call, review: NewReview) -> Outcome<Review, ReviewsError> {
        let mut state = self.answering("reviews")?;
        if !(1..=5).contains(&review.stars) {
            return Err(ReviewsError::Stars.into());
        }
        let NewReview { sku, name, stars, text, author } = review;
        let verified = state.orders.iter().any(|(session, _, _)| *session == author);
        let review = Review { name, stars, text, verified, posted_at: NOW };
        state.reviews.entry(sku).or_default().push(review.clone());
        Ok(review)
    }
}
