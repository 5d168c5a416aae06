//! A page that asks four times, with the shelf in its own process and in another.

use std::{
    fmt::Write as _,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    thread,
    time::Duration,
};

use actix_web::{HttpResponse, web};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use seam::Call;

use crate::{
    Figure, STRETCH, cpu, interleaved,
    load::{median, pause},
    shelf::{self, CALLER, Product, Shelf},
};

/// Pages asked for at the same time.
const AT_A_TIME: usize = 64;

pub(crate) fn measure() -> Figure {
    let (here, far) = (serve(shelf::here()), serve(shelf::Hop::start().shelf));
    let (far, here) = interleaved(|| cpu_per_page(far), || cpu_per_page(here));
    let (far, here) = (median(far.into_iter()), median(here.into_iter()));
    let note =
        format!("{far:.1} us of CPU per page of four hops, {here:.1} with the shelf in the same process; 64 at a time");
    Figure { name: "four_hops", value: far / here, unit: "ratio", note }
}

fn serve(shelf: Arc<dyn Shelf>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it was just bound");
    shelf::serve(listener, move |config| {
        config.app_data(web::Data::new(shelf.clone())).route("/", web::get().to(page));
    });
    address
}

/// Asks four times at once and draws what comes back.
async fn page(shelf: web::Data<Arc<dyn Shelf>>) -> HttpResponse {
    let call = Call::new(CALLER, Duration::from_secs(2));
    let ask = || shelf.product(&call, "6E92ZMYYFZ".to_owned());
    let (first, second, third, fourth) = tokio::join!(ask(), ask(), ask(), ask());
    let mut page = String::with_capacity(4096);
    for product in [first, second, third, fourth] {
        let Ok(product) = product else { return HttpResponse::ServiceUnavailable().finish() };
        draw(&product, &mut page);
    }
    HttpResponse::Ok().content_type("text/html; charset=utf-8").body(page)
}

/// Draws one product, as a template would: what came from elsewhere is escaped.
fn draw(product: &Product, page: &mut String) {
    let Product { sku, name, description, price: (price, currency), categories, .. } = product;
    _ = write!(page, "<article><h2><a href=\"/product/{sku}\">");
    escape(name, page);
    page.push_str("</a></h2><p>");
    escape(description, page);
    _ = write!(page, "</p><b>{}.{:02} {currency}</b><ul>", price / 100, price % 100);
    for category in categories {
        page.push_str("<li>");
        escape(category, page);
    }
    page.push_str("</ul></article>");
}

fn escape(text: &str, page: &mut String) {
    for letter in text.chars() {
        match letter {
            '&' => page.push_str("&amp;"),
            '<' => page.push_str("&lt;"),
            '>' => page.push_str("&gt;"),
            '"' => page.push_str("&quot;"),
            '\'' => page.push_str("&#39;"),
            letter => page.push(letter),
        }
    }
}

/// CPU of the shop per page, in microseconds: of everything here but the thread that asks.
fn cpu_per_page(address: SocketAddr) -> f64 {
    let over = Arc::new(AtomicBool::new(false));
    let (pages, asking) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let visitors = {
        let (over, pages, asking) = (over.clone(), pages.clone(), asking.clone());
        thread::spawn(move || visit(address, &over, &pages, &asking))
    };
    pause(Duration::from_millis(300));
    let read = || (pages.load(Relaxed), cpu::of_this_process() - Duration::from_nanos(asking.load(Relaxed)));
    let (pages_before, cpu_before) = read();
    pause(STRETCH);
    let (pages_after, cpu_after) = read();
    over.store(true, Relaxed);
    visitors.join().expect("visitors do not panic");
    (cpu_after - cpu_before).as_secs_f64() * 1e6 / (pages_after - pages_before) as f64
}

/// A visitor per connection, all on one thread that notes its own CPU: each asks again when its page has come.
fn visit(address: SocketAddr, over: &AtomicBool, pages: &AtomicU64, asking: &AtomicU64) {
    const QUESTION: &[u8] = b"GET / HTTP/1.1\r\nhost: page\r\n\r\n";
    let epoll = Epoll::new(EpollCreateFlags::empty()).expect("one more descriptor");
    let mut visitors: Vec<(TcpStream, usize)> = Vec::new();
    for number in 0..AT_A_TIME {
        let mut stream = TcpStream::connect(address).expect("the page is served");
        stream.set_nodelay(true).expect("a TCP socket");
        stream.write_all(QUESTION).expect("the page is served");
        epoll.add(&stream, EpollEvent::new(EpollFlags::EPOLLIN, number as u64)).expect("a socket can be watched");
        visitors.push((stream, 0));
    }
    let (mut events, mut buffer, mut length) = ([EpollEvent::empty(); AT_A_TIME], vec![0; 64 * 1024], None);
    while !over.load(Relaxed) {
        let ready = epoll.wait(&mut events, EpollTimeout::from(100_u16)).unwrap_or(0);
        for event in &events[..ready] {
            let (stream, missing) = &mut visitors[event.data() as usize];
            let read = stream.read(&mut buffer).expect("the page is served");
            let whole = *length.get_or_insert_with(|| whole_answer(&buffer[..read]));
            if *missing == 0 {
                *missing = whole;
            }
            *missing -= read;
            if *missing == 0 {
                pages.fetch_add(1, Relaxed);
                stream.write_all(QUESTION).expect("the page is served");
            }
        }
        asking.store(u64::try_from(cpu::of_this_thread().as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }
}

/// How long each answer is: they are all alike.
fn whole_answer(first: &[u8]) -> usize {
    let text = String::from_utf8_lossy(first);
    assert!(text.starts_with("HTTP/1.1 200"), "{text}");
    let (head, _) = text.split_once("\r\n\r\n").expect("a head fits into one read");
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).expect("pages have a length");
    head.len() + 4 + length.parse::<usize>().expect("a number")
}
