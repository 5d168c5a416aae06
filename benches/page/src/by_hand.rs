//! The product page as somebody would write it who has no contracts: one handler that calls the services' own methods.
//!
//! What is deliberately absent is all that the shop has around a call: contract objects, boxed futures, edges that count, deadlines,
//! traces, a page for each way in which a module may fail; and all other routes.

use std::{fmt::Debug, net::TcpListener, path::Path};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    error::{Error, ErrorNotFound, ErrorServiceUnavailable},
    http::header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue, REFERRER_POLICY, SET_COOKIE,
        X_CONTENT_TYPE_OPTIONS,
    },
    web,
};
use askama::Template as _;
use cart_contract::CartService as _;
use cart_service::CartModule;
use catalog_contract::CatalogService as _;
use catalog_service::CatalogModule;
use currency_contract::CurrencyService as _;
use currency_service::CurrencyModule;
use inventory_contract::InventoryService as _;
use inventory_service::{InventoryModule, InventorySettings};
use promotions_contract::PromotionsService as _;
use promotions_service::PromotionsModule;
use recommendations_contract::RecommendationsService as _;
use recommendations_service::RecommendationsModule;
use reviews_contract::ReviewsService as _;
use reviews_service::ReviewsModule;
use runtime::{Durability, Runtime};
use seam::{Call, Failure, ModuleName};
use tokio::join;
use vocabulary::{Currency, Money, Sku};

use crate::{
    session::{Seal, Visitor},
    shop_folder,
    views::{Around, Card, Mean, Opinion, Price, ProductPage, Stock},
};

const REVIEWS_SHOWN: u32 = 10;
const SUGGESTIONS: u32 = 4;
const FEW: u32 = 10;
const USUAL_PAGE_BYTES: usize = 16 * 1_024;

/// The services, known by their types.
struct Shop {
    catalog: CatalogModule,
    currency: CurrencyModule,
    inventory: InventoryModule,
    cart: CartModule,
    promotions: PromotionsModule,
    reviews: ReviewsModule,
    recommendations: RecommendationsModule,
    seal: Seal,
    /// The services' methods want one. It never changes, and nobody looks at it.
    call: Call,
}

impl Shop {
    async fn open(folder: &Path) -> anyhow::Result<Self> {
        let runtime = Runtime::in_folder(folder)?;
        macro_rules! database {
            ($module:ident, $durability:ident) => {
                runtime.database::<migrations::$module::Migrator>(stringify!($module), Durability::$durability).await?
            };
        }
        let recommendations = RecommendationsModule::start(database!(recommendations, Rebuildable)).await?;
        Ok(Self {
            catalog: CatalogModule::start(database!(catalog, Full)).await?,
            currency: CurrencyModule::start(database!(currency, Rebuildable)).await?,
            inventory: InventoryModule::start(database!(inventory, Full), InventorySettings::default()).await?,
            cart: CartModule::start(database!(cart, Rebuildable)).await?,
            promotions: PromotionsModule::start(database!(promotions, Full)).await?,
            reviews: ReviewsModule::start(database!(reviews, Full)).await?,
            recommendations,
            seal: Seal::new(&shop_folder::session_key(&runtime)?),
            call: Call::without_deadline(ModuleName::new("page")),
        })
    }
}

/// Serves the page from this folder on one worker, until asked to end; says where when it is ready.
#[expect(clippy::print_stdout, reason = "whoever started this waits for the line")]
pub(crate) fn serve(folder: &Path) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let shop = web::Data::new(Shop::open(folder).await?);
        let listener = TcpListener::bind("127.0.0.1:0")?;
        println!("ready http://{}", listener.local_addr()?);
        let app = move || App::new().app_data(shop.clone()).route("/product/{sku}", web::get().to(product));
        Ok(HttpServer::new(app).workers(1).shutdown_timeout(1).listen(listener)?.run().await?)
    })
}

async fn product(request: HttpRequest, shop: web::Data<Shop>, sku: web::Path<String>) -> Result<HttpResponse, Error> {
    let sku: Sku = sku.parse().map_err(|_| no_product())?;
    let visitor = Visitor::at(&request, &shop.seal);
    let page = page(&shop, &visitor, sku).await?;

    let mut text = String::with_capacity(USUAL_PAGE_BYTES);
    page.render_into(&mut text).expect("the template has no filters that fail, and a String takes everything");
    let mut response = HttpResponse::Ok().body(text);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    headers.insert(
        CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'",
        ),
    );
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    if let Some(cookie) = visitor.cookie(&shop.seal) {
        headers.append(SET_COOKIE, cookie);
    }
    Ok(response)
}

async fn page(shop: &Shop, visitor: &Visitor, sku: Sku) -> Result<ProductPage, Error> {
    let (call, one) = (&shop.call, || vec![sku.clone()]);
    // These two read databases, at the same time; all others answer from memory.
    let (stock, cart) = join!(shop.inventory.available(call, one()), shop.cart.get(call, visitor.session.into()));
    let (stock, cart) = (stock.map_err(trouble)?, cart.map_err(trouble)?);
    let currencies = shop.currency.supported(call).await.map_err(trouble)?;
    let categories = shop.catalog.categories(call).await.map_err(trouble)?;
    let products = shop.catalog.get_many(call, one()).await.map_err(trouble)?;
    let product = products.into_iter().next().ok_or_else(no_product)?;
    let ratings = shop.reviews.summary_many(call, one()).await.map_err(trouble)?;
    let reviews = shop.reviews.list(call, sku.clone(), REVIEWS_SHOWN).await.map_err(trouble)?;
    let suggested = shop.recommendations.for_products(call, one(), SUGGESTIONS).await.map_err(trouble)?;
    let suggested = shop.catalog.get_many(call, suggested).await.map_err(trouble)?;
    let banners = shop.promotions.for_context(call, product.categories.clone(), 1).await.map_err(trouble)?;

    let wanted = visitor.wanted_currency;
    let currency = if currencies.contains(&wanted) { wanted } else { Currency::USD };
    let mut prices: Vec<Money> = std::iter::once(&product).chain(&suggested).map(|product| product.price).collect();
    if prices.iter().any(|price| price.currency != currency) {
        prices = shop.currency.convert_many(call, prices, currency).await.map_err(trouble)?;
    }
    let mut prices = prices.into_iter().map(Price);
    Ok(ProductPage {
        around: Around {
            currencies,
            currency,
            categories,
            units: Some(cart.units()),
            person: None,
            missing: Vec::new(),
        },
        price: prices.next().unwrap_or(Price(product.price)),
        product,
        stock: match stock.get(&sku).copied().unwrap_or(0) {
            0 => Stock::None,
            units if units <= FEW => Stock::Few(units),
            _ => Stock::Plenty,
        },
        mean: ratings.get(&sku).copied().filter(|rating| rating.count > 0).map(Mean),
        reviews: Some(reviews),
        suggestions: suggested
            .into_iter()
            .zip(prices)
            .map(|(product, price)| Card { product, price, rating: None })
            .collect(),
        banner: banners.into_iter().find(|banner| banner.sku != sku),
        opinion: Opinion::default(),
        opinion_error: None,
    })
}

fn no_product() -> Error {
    ErrorNotFound("There is no such product.")
}

fn trouble<E: Debug>(failure: Failure<E>) -> Error {
    ErrorServiceUnavailable(format!("{failure:?}"))
}
