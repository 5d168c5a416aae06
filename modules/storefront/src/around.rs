//! What every page shows around its own subject: shelves, currencies, the cart's size, who is logged in.

use std::sync::Arc;

use accounts_contract::Person;
use cart_contract::{CartContents, CartError};
use catalog_contract::Category;
use seam::Fault;
use tokio::join;
use vocabulary::{Currency, Money};

use crate::{refusal::Refusal, visit::Visit};

/// What is drawn around a page.
pub(crate) struct Around {
    /// The currencies to choose from; only the list prices' own when there are no rates.
    pub(crate) currencies: Vec<Currency>,
    /// The one the prices on this page are in.
    pub(crate) currency: Currency,
    /// The shelves; none when the catalogue does not answer.
    pub(crate) categories: Arc<Vec<Category>>,
    /// Units in the cart, when it is known.
    pub(crate) units: Option<u64>,
    /// Who is logged in.
    pub(crate) person: Option<Person>,
    /// What the page has to do without, in words.
    pub(crate) missing: Vec<&'static str>,
}

/// What is drawn around a page, and the cart it was learned from.
pub(crate) struct Surroundings {
    pub(crate) around: Around,
    pub(crate) cart: Result<CartContents, Fault<CartError>>,
}

impl Visit {
    /// Asks for all that surrounds a page, at once. Fails only when the log-in turns out to be over.
    pub(crate) async fn look_around(&self) -> Result<Surroundings, Refusal> {
        let asks = self.asks();
        let (currencies, categories, cart, person) = join!(
            asks.currency.supported(&self.aside),
            asks.catalog.categories(&self.aside),
            asks.cart.get(&self.aside, self.cart()),
            self.person(),
        );
        let mut missing = Vec::new();
        let person = match person {
            Ok(person) => person,
            Err(Absent::LogInOver(over)) => return Err(over),
            Err(Absent::NoAnswer) => {
                missing.push("your account");
                None
            }
        };
        let currencies = currencies.unwrap_or_else(|_| {
            missing.push("other currencies");
            vec![Currency::USD]
        });
        let wanted = self.wanted_currency;
        let around = Around {
            currency: if currencies.contains(&wanted) { wanted } else { Currency::USD },
            currencies,
            categories: categories.unwrap_or_default(),
            units: cart.as_ref().ok().map(CartContents::units),
            person,
            missing,
        };
        Ok(Surroundings { around, cart })
    }

    async fn person(&self) -> Result<Option<Person>, Absent> {
        let Some(account) = &self.account else { return Ok(None) };
        match self.asks().accounts.who(&self.aside, account.token.clone()).await {
            Ok(Some(person)) if person.id == account.person => Ok(Some(person)),
            Ok(_) => Err(Absent::LogInOver(self.log_in_over())),
            Err(_) => Err(Absent::NoAnswer),
        }
    }

    fn log_in_over(&self) -> Refusal {
        let here = self.request.uri().path_and_query().map_or("/", |here| here.as_str());
        let to = if self.request.method().is_safe() { here } else { "/login" };
        let [forget, _] = self.forgetting_cookies();
        Refusal::LogInOver { to: to.to_owned(), forget }
    }

    /// The list prices in the page's currency, in one question. Without rates the page falls back to the list prices, and says so.
    pub(crate) async fn prices(&self, around: &mut Around, list_prices: Vec<Money>) -> Vec<Money> {
        let chatty = self.shop.settings().chatty;
        if list_prices.is_empty() || (!chatty && list_prices.iter().all(|price| price.currency == around.currency)) {
            return list_prices;
        }
        let converted = if chatty {
            self.converted_one_by_one(&list_prices, around.currency).await
        } else {
            self.asks().currency.convert_many(&self.aside, list_prices.clone(), around.currency).await.ok()
        };
        converted.filter(|converted| converted.len() == list_prices.len()).unwrap_or_else(|| {
            around.currency = Currency::USD;
            around.missing.push("prices in your currency");
            list_prices
        })
    }

    /// What Online Boutique does, and what the house forbids otherwise: it is here so that its price can be measured.
    async fn converted_one_by_one(&self, list_prices: &[Money], to: Currency) -> Option<Vec<Money>> {
        let mut converted = Vec::with_capacity(list_prices.len());
        for price in list_prices {
            converted.extend(self.asks().currency.convert_many(&self.aside, vec![*price], to).await.ok()?);
        }
        Some(converted)
    }
}

/// Why it is not known who is logged in.
enum Absent {
    LogInOver(Refusal),
    NoAnswer,
}
