//! People with an account.

use super::in_every_topology;
use crate::support::{page::Shows as _, shop::Shop, visitor::MUG};

const PASSWORD: &str = "correct horse battery staple";

in_every_topology! {
    /// Whoever comes next to the same browser is somebody new.
    async fn logging_out_forgets_everything(shop: &Shop) {
        let visitor = shop.visitor();
        let order = visitor.buys(MUG, 1).await;
        visitor.adds(MUG, 1).await;
        visitor.chooses_currency("EUR").await;

        visitor.opens("/logout").await.shows_page("home");

        visitor.looks_at_the_cart().await.shows("Nothing in it yet");
        visitor.opens(&order).await.has_status(404);
        visitor.opens("/orders").await.shows_page("orders").shows("No orders yet");
    }

    /// A guest's cart comes along, and is found again in another browser.
    async fn a_cart_belongs_to_its_person(shop: &Shop) {
        let guest = shop.visitor();
        guest.adds(MUG, 2).await;
        let who = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];

        guest.sends("/register", &who).await.shows_page("account").shows("Hello, Ada");
        guest.looks_at_the_cart().await.shows(MUG).shows("value=\"2\"");

        let elsewhere = shop.visitor();
        let credentials = [("email", "ada@example.com"), ("password", PASSWORD)];
        elsewhere.sends("/login", &credentials).await.shows_page("account").shows("Hello, Ada");
        elsewhere.looks_at_the_cart().await.shows(MUG).shows("value=\"2\"");
    }

    /// The answer to a wrong password does not say whether the address is known.
    async fn a_wrong_password_opens_nothing(shop: &Shop) {
        let visitor = shop.visitor();
        let who = [("name", "Ada"), ("email", "ada@example.com"), ("password", PASSWORD)];
        visitor.sends("/register", &who).await.shows_page("account");
        let stranger = shop.visitor();

        let known = stranger.sends("/login", &[("email", "ada@example.com"), ("password", "a guess")]).await;
        let unknown = stranger.sends("/login", &[("email", "eve@example.com"), ("password", "a guess")]).await;

        let remark = |page: &testkit::Page| page.between("role=\"alert\">", "</p>").unwrap();
        assert_eq!(remark(&known), remark(&unknown));
        assert_eq!(known.status, unknown.status);
        assert!(known.status.is_client_error(), "{}", known.status);
    }
}
