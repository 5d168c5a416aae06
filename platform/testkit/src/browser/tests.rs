//! The browser against a site of a few lines.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::TcpListener,
    thread,
};

use super::*;

/// Answers each request with what `answer` makes of its head and body; returns its address.
fn site(answer: impl Fn(&str, &str) -> String + Send + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        // One connection: a browser that opened a second one would wait for ever.
        let (mut stream, _) = listener.accept().unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        loop {
            let (mut head, mut length) = (String::new(), 0);
            loop {
                let mut line = String::new();
                if reader.read_line(&mut line).unwrap() == 0 {
                    return;
                }
                if let Some(bytes) = line.to_ascii_lowercase().strip_prefix("content-length:") {
                    length = bytes.trim().parse().unwrap();
                }
                if line == "\r\n" {
                    break;
                }
                head.push_str(&line);
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            stream.write_all(answer(&head, &String::from_utf8(body).unwrap()).as_bytes()).unwrap();
        }
    });
    address
}

#[tokio::test]
async fn cookies_are_kept_and_redirects_followed_over_one_connection() {
    let site = site(|head, body| match head.lines().next().unwrap() {
        "POST /cart HTTP/1.1" => {
            assert_eq!(body, "name=salt+%26+pepper");
            "HTTP/1.1 303 See Other\r\nlocation: /cart\r\nset-cookie: session=abc; Path=/; HttpOnly\r\nset-cookie: tls=1; Secure\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
        "GET /bye HTTP/1.1" => {
            "HTTP/1.1 200 OK\r\nset-cookie: session=; Max-Age=0\r\ncontent-length: 0\r\n\r\n".to_owned()
        }
        _ => {
            let cookie = head.lines().find(|line| line.starts_with("cookie:")).unwrap_or("no cookie");
            format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{cookie}", cookie.len())
        }
    });
    let visitor = Browser::at(&site);

    let page = visitor.post_form("/cart", &[("name", "salt & pepper")]).await;
    assert_eq!(
        (page.status, page.path.as_str(), page.text().as_str()),
        (StatusCode::OK, "/cart", "cookie: session=abc")
    );
    assert_eq!(visitor.cookie("session").as_deref(), Some("abc"));
    visitor.get("/bye").await;
    assert_eq!(visitor.get("/").await.text(), "no cookie");
}

#[tokio::test]
async fn a_visitor_may_stay_at_a_redirect() {
    let site = site(|_, _| "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n".to_owned());
    let visitor = Browser::at(&site).staying_at_redirects();

    let page = visitor.get("/somewhere").await;

    assert_eq!((page.status, page.header("location")), (StatusCode::FOUND, "/"));
}
