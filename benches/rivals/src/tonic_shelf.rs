//! The shelf as a gRPC service: the same product from memory, its messages and service as tonic's generator would write them.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    net::{SocketAddr, TcpListener},
    task::{Context, Poll},
    thread,
};

use hop_bench::shelf;
use tokio::runtime::Runtime;
use tonic::{
    Request, Response, Status,
    body::Body,
    client,
    codegen::{BoxFuture, Service, http, http::uri::PathAndQuery},
    server,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;

const PATH: &str = "/bench.Shelf/Product";

#[derive(Clone, PartialEq, prost::Message)]
struct Question {
    #[prost(string, tag = "1")]
    sku: String,
}

#[derive(Clone, PartialEq, prost::Message)]
struct Product {
    #[prost(string, tag = "1")]
    sku: String,
    #[prost(string, tag = "2")]
    name: String,
    #[prost(string, tag = "3")]
    description: String,
    #[prost(int64, tag = "4")]
    price: i64,
    #[prost(string, tag = "5")]
    currency: String,
    #[prost(string, repeated, tag = "6")]
    categories: Vec<String>,
    #[prost(string, tag = "7")]
    shape: String,
    #[prost(uint32, tag = "8")]
    hue: u32,
    #[prost(uint32, tag = "9")]
    variant: u32,
}

impl From<shelf::Product> for Product {
    fn from(product: shelf::Product) -> Self {
        let shelf::Product { sku, name, description, price: (price, currency), categories, picture } = product;
        let (shape, hue, variant) = picture;
        Self { sku, name, description, price, currency, categories, shape, hue: hue.into(), variant: variant.into() }
    }
}

/// Answers from memory.
#[derive(Clone)]
struct Stocked(Product);

impl server::UnaryService<Question> for Stocked {
    type Response = Product;
    type Future = Ready<Result<Response<Product>, Status>>;

    fn call(&mut self, question: Request<Question>) -> Self::Future {
        ready(if question.get_ref().sku == self.0.sku {
            Ok(Response::new(self.0.clone()))
        } else {
            Err(Status::not_found("there is no such product"))
        })
    }
}

impl Service<http::Request<Body>> for Stocked {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = BoxFuture<Self::Response, Infallible>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let mut grpc = server::Grpc::new(ProstCodec::<Product, Question>::default());
            Ok(grpc.unary(service, request).await)
        })
    }
}

/// Serves the shelf on this runtime for the rest of the process, and says where.
pub(crate) fn serve_on(runtime: Runtime) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("it was just bound");
    listener.set_nonblocking(true).expect("sockets can be told not to block");
    thread::spawn(move || {
        runtime.block_on(async move {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a listening socket");
            let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
            // There is one service, so nothing is spent on a router.
            Server::builder().serve_with_incoming(Stocked(shelf::product().into()), incoming).await
        })
    });
    address
}

/// A connection that is made at the first call, and driven by the runtime this is called on.
pub(crate) fn channel(address: SocketAddr) -> Channel {
    Endpoint::from_shared(format!("http://{address}")).expect("an address").tcp_nodelay(true).connect_lazy()
}

/// One caller on a channel, which others may share.
pub(crate) struct Caller(client::Grpc<Channel>);

impl Caller {
    pub(crate) fn on(channel: Channel) -> Self {
        Self(client::Grpc::new(channel))
    }

    /// Asks once. Neither deadline nor identity goes along, which would cost tonic more; over a line both do.
    pub(crate) async fn ask(&mut self) {
        self.0.ready().await.expect("the server listens");
        let question = Request::new(Question { sku: "6E92ZMYYFZ".to_owned() });
        let codec = ProstCodec::<Question, Product>::default();
        let answer = self.0.unary(question, PathAndQuery::from_static(PATH), codec).await;
        assert!(answer.is_ok(), "{answer:?}");
    }
}
