//! Serves the storefront over a shop in memory, to look at its pages: `cargo run -p storefront --example preview [ADDRESS]`.

use actix_web::{App, HttpServer};
use storefront::{Settings, Storefront};

#[path = "../tests/pages/fakes/mod.rs"]
#[expect(dead_code, reason = "it belongs to the tests, which use more of it")]
mod fakes;

#[actix_web::main]
async fn main() -> std::io::Result<()> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:0".to_owned());
    let storefront = Storefront::new(fakes::FakeShop::stocked().asks(), Settings::default(), &[0; 32]);
    let server = HttpServer::new(move || App::new().configure(|app| storefront::configure(&storefront, app)))
        .workers(1)
        .bind(address)?;
    #[expect(clippy::print_stdout, reason = "whoever looks wants to know where")]
    for address in server.addrs() {
        println!("http://{address}");
    }
    server.run().await
}
