//! What the shop refuses: each says what happened and what to do, and leaves everything as it was.

use super::in_every_topology;
use crate::support::{
    page::Shows as _,
    shop::Shop,
    visitor::{CheckOut, DECLINED_CARD, MUG},
};

in_every_topology! {
    /// Another card then pays for the same cart.
    async fn a_declined_card_buys_nothing(shop: &Shop) {
        let visitor = shop.visitor();
        visitor.adds(MUG, 2).await;

        let form = CheckOut::default().with("credit_card_number", DECLINED_CARD);
        let refused = visitor.tries_to_check_out(form).await.has_status(402);

        refused.shows("declined").shows("Try another card").shows_no(DECLINED_CARD).shows("someone@example.com");
        visitor.looks_at_the_cart().await.shows(MUG).shows("value=\"2\"");
        visitor.checks_out().await;
    }

    /// More than there is cannot be bought, but all that there is.
    async fn out_of_stock_says_how_many_are_left(shop: &Shop) {
        let visitor = shop.visitor();
        let rare = visitor.finds_something_rare().await;
        visitor.adds(&rare, 100_000).await;

        let refused = visitor.tries_to_check_out(CheckOut::default()).await.has_status(409);

        let left = refused.between("nly ", " of ").unwrap();
        let left: u32 = left.parse().unwrap_or_else(|_| panic!("how many are left? {left:?}"));
        let fields = [("product_id", rare.as_str()), ("quantity", &left.to_string())];
        visitor.sends("/cart/update", &fields).await.shows_page("cart");
        visitor.checks_out().await;
        visitor.looks_at(&rare).await.shows("Sold out");
    }

    /// Nothing can be bought of nothing.
    async fn an_empty_cart_cannot_be_checked_out(shop: &Shop) {
        let visitor = shop.visitor();

        visitor.tries_to_check_out(CheckOut::default()).await.has_status(422).shows("nothing in your cart");

        visitor.opens("/orders").await.shows_page("orders").shows("No orders yet");
    }

    /// Every field that cannot be right is marked, and what was typed is given back, but for the card.
    async fn a_form_with_mistakes_comes_back_with_remarks(shop: &Shop) {
        let visitor = shop.visitor();
        visitor.adds(MUG, 1).await;
        let cases = [
            ("email", "nobody", "email-remark"),
            ("street_address", "", "street_address-remark"),
            ("zip_code", " ", "zip_code-remark"),
            ("credit_card_number", "1234", "credit_card_number-remark"),
            ("credit_card_number", "4432801561520455", "credit_card_number-remark"),
            ("credit_card_expiration_month", "13", "credit_card_expiration_month-remark"),
            ("credit_card_expiration_year", "2020", "credit_card_expiration_year-remark"),
            ("credit_card_cvv", "12345", "credit_card_cvv-remark"),
            ("coupon", "NO-SUCH-COUPON", "coupon-remark"),
        ];
        for (field, value, remark) in cases {
            let form = CheckOut::default().with(field, value);
            let page = visitor.tries_to_check_out(form).await.has_status(422);
            page.shows(remark).shows("Mountain View").shows_no("4432801561520454");
        }
        visitor.checks_out().await;
    }

    /// Quantities that are none, and products that are none.
    async fn a_cart_takes_only_whole_numbers_of_known_products(shop: &Shop) {
        let visitor = shop.visitor();
        for quantity in ["0", "-1", "many", "1.5", "", "99999999999"] {
            visitor.sends("/cart", &[("product_id", MUG), ("quantity", quantity)]).await.has_status(422).shows("1,000,000");
        }
        visitor.sends("/cart", &[("product_id", "NOSUCHTHING"), ("quantity", "1")]).await.has_status(404);
        visitor.looks_at_the_cart().await.shows("Nothing in it yet");
    }

    /// A form on another site cannot act for a visitor.
    async fn another_sites_form_is_refused(shop: &Shop) {
        for (header, value) in [("origin", "https://elsewhere.example"), ("sec-fetch-site", "cross-site")] {
            let visitor = shop.visitor_sending(header, value);
            visitor.sends("/cart", &[("product_id", MUG), ("quantity", "1")]).await.has_status(403).shows("Another site");
        }
    }
}
