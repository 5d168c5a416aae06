//! The provider as a server: takes commands, writes them down, answers.

use std::{
    future::Future,
    io,
    net::TcpListener,
    path::PathBuf,
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_web::{
    App, HttpRequest, HttpResponse, HttpServer,
    http::StatusCode,
    web::{self, Data, Json, JsonConfig, Path},
};
use bytes::Bytes;
use runtime::clock;
use thiserror::Error;
use vocabulary::OrderId;

use crate::{
    api::{Answer, Authorize, GiveUp, Move, Standing, Statement},
    book::{Book, Command, Decision, Wish},
    cards::manner_of,
    entry::Manner,
    ledger::{Ledger, LedgerError},
};

/// How long an idle connection stays open. The shop closes its own before that, so that no command is sent into a closed one.
const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// How long commands in hand may take once the provider is asked to end, in seconds.
const DRAIN_SECONDS: u64 = 3;
const LARGEST_BODY: usize = 4_096;
const LONGEST_KEY: usize = 200;
const SLOWNESS: Duration = Duration::from_secs(2);

/// Why the provider ends before it is asked to.
#[derive(Debug, Error)]
pub enum ProviderError {
    /// The ledger cannot be used.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The server cannot be started, or gave up.
    #[error("the payment provider cannot serve: {0}")]
    Server(#[from] io::Error),
}

/// Serves until `shutdown` is ready; commands in hand are answered before this returns.
pub async fn run(
    listener: TcpListener,
    ledger: PathBuf,
    shutdown: impl Future<Output = ()>,
) -> Result<(), ProviderError> {
    let (ledger, entries) = Ledger::open(&ledger)?;
    let mut book = Book::default();
    entries.iter().for_each(|entry| book.enter(entry));
    let provider = Data::new(Provider(Mutex::new(Desk { book, ledger })));
    let answering = provider.clone();
    let server = HttpServer::new(move || {
        App::new()
            .app_data(answering.clone())
            .app_data(JsonConfig::default().limit(LARGEST_BODY))
            .route("/authorizations", web::post().to(authorize))
            .route("/captures", web::post().to(capture))
            .route("/voids", web::post().to(void))
            .route("/refunds", web::post().to(refund))
            .route("/payments/{order}", web::get().to(state))
            .route("/_healthz", web::get().to(HttpResponse::Ok))
    })
    // The ledger is written by one at a time anyway.
    .workers(1)
    .keep_alive(KEEP_ALIVE)
    .tcp_nodelay(true)
    .shutdown_timeout(DRAIN_SECONDS)
    .disable_signals()
    .listen(listener)?
    .run();

    let handle = server.handle();
    let mut server = pin!(server);
    tokio::select! {
        ended = &mut server => return Ok(ended?),
        () = shutdown => {}
    }
    let (ended, ()) = tokio::join!(server, handle.stop(true));
    // The worker's thread may outlive this call by a moment, and with it the file.
    provider.desk().ledger.release();
    Ok(ended?)
}

struct Provider(Mutex<Desk>);

struct Desk {
    book: Book,
    ledger: Ledger,
}

/// What came of a command.
struct Carried {
    answer: Answer,
    manner: Manner,
    /// Whether the ledger grew by it.
    new: bool,
}

impl Provider {
    fn desk(&self) -> MutexGuard<'_, Desk> {
        // A panic between ledger and book could leave the book behind; there is none, and the ledger is what counts.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn carry_out(&self, command: &Command) -> Result<Carried, LedgerError> {
        let mut desk = self.desk();
        match desk.book.decide(command, clock::now()) {
            Decision::Said(answer) => Ok(Carried { answer, manner: Manner::Plain, new: false }),
            Decision::Written(entry) => {
                desk.ledger.append(&entry)?;
                desk.book.enter(&entry);
                Ok(Carried { answer: Answer::done(entry.kind, entry.reference), manner: entry.manner, new: true })
            }
        }
    }
}

async fn authorize(provider: Data<Provider>, request: HttpRequest, wanted: Json<Authorize>) -> HttpResponse {
    // Years do not matter here: the shop has looked at them.
    if wanted.card.check(i64::from(wanted.card.expiration_year), 1).is_err() {
        return answer_with(&Answer::refused(Standing::Declined, "there is no such card"));
    }
    let wish = Wish::Authorize { amount: wanted.amount, manner: manner_of(&wanted.card) };
    tell(&provider, &request, wanted.order, wish).await
}

async fn capture(provider: Data<Provider>, request: HttpRequest, wanted: Json<Move>) -> HttpResponse {
    tell(&provider, &request, wanted.order, Wish::Capture { amount: wanted.amount }).await
}

async fn void(provider: Data<Provider>, request: HttpRequest, wanted: Json<GiveUp>) -> HttpResponse {
    tell(&provider, &request, wanted.order, Wish::Void).await
}

async fn refund(provider: Data<Provider>, request: HttpRequest, wanted: Json<Move>) -> HttpResponse {
    tell(&provider, &request, wanted.order, Wish::Refund { amount: wanted.amount }).await
}

async fn state(provider: Data<Provider>, order: Path<OrderId>) -> HttpResponse {
    match provider.desk().book.account(*order) {
        Some(account) => HttpResponse::Ok().json(Statement::of(*order, account)),
        None => HttpResponse::NotFound().finish(),
    }
}

async fn tell(provider: &Provider, request: &HttpRequest, order: OrderId, wish: Wish) -> HttpResponse {
    let key = request.headers().get("idempotency-key").and_then(|key| key.to_str().ok());
    let Some(key) = key.filter(|key| (1..=LONGEST_KEY).contains(&key.len())) else {
        return HttpResponse::BadRequest().body("the header Idempotency-Key must have 1 to 200 letters");
    };
    let command = Command { order, key: key.to_owned(), wish };
    let carried = match provider.carry_out(&command) {
        Ok(carried) => carried,
        Err(error) => {
            tracing::error!(%error, "the provider cannot write down what it is told");
            return HttpResponse::ServiceUnavailable().finish();
        }
    };
    match carried.manner {
        Manner::LosingAnswers if carried.new => lost(),
        Manner::Slow if matches!(wish, Wish::Authorize { .. }) => {
            slowly().await;
            answer_with(&carried.answer)
        }
        _ => answer_with(&carried.answer),
    }
}

fn answer_with(answer: &Answer) -> HttpResponse {
    let status = match answer {
        Answer { done: true, .. } => StatusCode::OK,
        Answer { standing: Standing::Declined, .. } => StatusCode::PAYMENT_REQUIRED,
        _ => StatusCode::CONFLICT,
    };
    HttpResponse::build(status).json(answer)
}

/// Closes the connection without a word: a body that fails at once does so before the head is sent.
fn lost() -> HttpResponse {
    let fails = async { Err::<Bytes, _>(io::Error::other("the answer is lost, as this test card wants it")) };
    HttpResponse::Ok().streaming(futures_util::stream::once(fails))
}

#[expect(clippy::disallowed_methods, reason = "slowness is what this card is for")]
async fn slowly() {
    tokio::time::sleep(SLOWNESS).await;
}
