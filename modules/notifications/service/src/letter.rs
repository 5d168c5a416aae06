//! What a mail says: the templates in `templates/mail`, each as HTML and as plain text.

use askama::Template;
use notifications_contract::MailKind;
use orders_contract::Order;
use vocabulary::Money;

/// A mail without its envelope.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) subject: &'static str,
    pub(crate) html: String,
    pub(crate) text: String,
}

/// A line of the order as it is printed.
#[derive(Debug)]
struct PrintedLine<'a> {
    name: &'a str,
    quantity: u32,
    amount: Money,
}

#[derive(Template)]
#[template(path = "mail/order-confirmation.html")]
struct ConfirmationPage<'a> {
    subject: &'a str,
    order: &'a Order,
    lines: &'a [PrintedLine<'a>],
}

#[derive(Template)]
#[template(path = "mail/order-confirmation.txt")]
struct ConfirmationText<'a> {
    order: &'a Order,
    lines: &'a [PrintedLine<'a>],
}

#[derive(Template)]
#[template(path = "mail/order-cancelled.html")]
struct CancelledPage<'a> {
    subject: &'a str,
    order: &'a Order,
    lines: &'a [PrintedLine<'a>],
}

#[derive(Template)]
#[template(path = "mail/order-cancelled.txt")]
struct CancelledText<'a> {
    order: &'a Order,
    lines: &'a [PrintedLine<'a>],
}

/// Writes the mail of a kind about an order.
pub(crate) fn write(kind: MailKind, order: &Order) -> Result<Letter, askama::Error> {
    let lines: Vec<PrintedLine<'_>> = order.lines.iter().map(printed).collect();
    let lines = lines.as_slice();
    let (subject, html, text) = match kind {
        MailKind::OrderConfirmation => {
            let subject = "Thank you for your order";
            let html = ConfirmationPage { subject, order, lines }.render()?;
            (subject, html, ConfirmationText { order, lines }.render()?)
        }
        MailKind::OrderCancelled => {
            let subject = "Your order is cancelled";
            let html = CancelledPage { subject, order, lines }.render()?;
            (subject, html, CancelledText { order, lines }.render()?)
        }
    };
    Ok(Letter { subject, html, text })
}

fn printed(line: &orders_contract::OrderLine) -> PrintedLine<'_> {
    // An amount that is too large cannot be paid, and so is in no order; one unit's price is better than no mail.
    let amount = line.price.times(line.quantity).unwrap_or(line.price);
    PrintedLine { name: &line.name, quantity: line.quantity, amount }
}

#[cfg(test)]
mod tests {
    use orders_contract::{OrderLine, OrderStatus};
    use vocabulary::{Address, Currency};

    use super::*;

    fn order() -> Order {
        let euros = |minor| Money::new(minor, Currency::EUR);
        let text = str::to_owned;
        Order {
            id: "01931d3e-0000-7000-8000-000000000001".parse().unwrap(),
            status: OrderStatus::Confirmed,
            placed_at: 0,
            lines: vec![
                OrderLine { sku: "6E92ZMYYFZ".parse().unwrap(), name: text("Mug"), quantity: 2, price: euros(899) },
                OrderLine {
                    sku: "LS4PSXUNUM".parse().unwrap(),
                    name: text("Salt & <Pepper>"),
                    quantity: 1,
                    price: euros(1_849),
                },
            ],
            items: euros(3_647),
            shipping: euros(550),
            discount: euros(0),
            total: euros(4_197),
            email: "ada@example.com".parse().unwrap(),
            address: Address {
                street: text("12 St James's Square"),
                city: text("London"),
                state: text("England"),
                country: text("United Kingdom"),
                zip_code: text("SW1Y 4JH"),
            },
            tracking_id: Some(text("CV-8F3K-22M9-Q1")),
            paid_with: Some(text("Visa ending in 1111")),
        }
    }

    #[test]
    fn a_confirmation_says_what_was_bought_and_where_it_goes() {
        let letter = write(MailKind::OrderConfirmation, &order()).unwrap();

        let expected = "\
Thank you for your order.

It is paid, packed and handed to the carrier. Here is what you chose.

  2 x Mug: €17.98
  1 x Salt & <Pepper>: €18.49
  Sending: €5.50
  Total, paid with Visa ending in 1111: €41.97

It goes to:

  12 St James's Square
  SW1Y 4JH London, England
  United Kingdom

The carrier knows it as CV-8F3K-22M9-Q1.

Order 01931d3e-0000-7000-8000-000000000001

--
Cleave. You get this mail because you ordered here. It is a demonstration shop:
nothing is really sold, and no card is really charged.";
        assert_eq!(letter.text, expected);
    }

    #[test]
    fn a_cancellation_says_what_was_given_back() {
        let discounted = Order { discount: Money::new(200, Currency::EUR), ..order() };

        let letter = write(MailKind::OrderCancelled, &discounted).unwrap();

        for words in ["is cancelled", "to the Visa ending in 1111.", "  Coupon: -€2.00\n", "  Given back: €41.97\n"]
        {
            assert!(letter.text.contains(words), "{words:?} in {}", letter.text);
        }
        assert!(!letter.text.contains("carrier"));
    }

    #[test]
    fn what_people_typed_cannot_become_markup() {
        let mut order = order();
        order.address.city = "<script>alert(1)</script>".to_owned();

        for kind in [MailKind::OrderConfirmation, MailKind::OrderCancelled] {
            let html = write(kind, &order).unwrap().html;
            assert!(html.starts_with("<!doctype html>") && html.trim_end().ends_with("</html>"), "{html}");
            assert!(!html.contains("<script") && !html.contains("<Pepper>"), "{html}");
        }
    }

    #[test]
    fn the_page_says_what_the_text_says() {
        let order = order();
        for kind in [MailKind::OrderConfirmation, MailKind::OrderCancelled] {
            let Letter { subject, html, text } = write(kind, &order).unwrap();
            assert!(html.contains(&format!("<title>{subject}</title>")));
            for words in ["€17.98", "€5.50", "€41.97", "Visa ending in 1111", "01931d3e-0000-7000-8000-000000000001"]
            {
                assert!(html.contains(words) && text.contains(words), "{words:?} in {html} and {text}");
            }
        }
    }
}
