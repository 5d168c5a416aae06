//! Hops under TLS: one authority per topology, and a certificate per group.
//!
//! An [`Identity`](super::Identity) proves who calls; a certificate proves who is called, and the connection is sealed. Whoever
//! starts a topology makes an [`Authority`], which never leaves that process, and gives each group its [`Credentials`]. Nothing is
//! trusted beside that authority: not what the machine trusts, and no other topology's.

use std::{fmt, io, sync::Arc};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, string::Ia5String};
use rustls::{
    CertificateError, ClientConfig, Error as TlsError, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, ring},
    pki_types::{CertificateDer, PrivatePkcs8KeyDer, ServerName},
    version::TLS13,
};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio_rustls::{TlsConnector, client::TlsStream};

use super::{identity::hexadecimal, stream::NotConnected};

/// A connection that is sealed, on the side that called.
pub(super) type Sealed = TlsStream<TcpStream>;

/// Who says which group is which. It never leaves the process that makes it.
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: CertificateDer<'static>,
}

/// What a group needs to be believed and to believe the others. It holds a private key.
#[derive(Clone, Serialize, Deserialize)]
pub struct Credentials {
    authority: Vec<u8>,
    certificate: Vec<u8>,
    key: Vec<u8>,
}

/// Why credentials cannot be made or used.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum CredentialsError {
    /// They cannot be made.
    #[error("no certificate can be made: {0}")]
    NotMade(String),
    /// The text holds none.
    #[error("these are not credentials as `up` writes them: {0}")]
    Unreadable(String),
    /// They do not fit together.
    #[error("these credentials cannot be used: {0}")]
    Unusable(String),
}

impl fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Authority(..)")
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Credentials(..)")
    }
}

impl Authority {
    /// Makes an authority that nobody knows yet.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn random() -> Result<Self, CredentialsError> {
        let make = || {
            let key = KeyPair::generate()?;
            let mut wanted = CertificateParams::new(Vec::new())?;
            wanted.distinguished_name.push(DnType::CommonName, "a topology's authority");
            wanted.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
            wanted.key_usages = vec![KeyUsagePurpose::KeyCertSign];
            let certificate = wanted.self_signed(&key)?.der().clone();
            Ok(Self { issuer: Issuer::new(wanted, key), certificate })
        };
        make().map_err(not_made)
    }

    /// Says in a certificate who `group` is.
    ///
    /// # Errors
    /// When the machine has no randomness to give.
    pub fn certify(&self, group: &str) -> Result<Credentials, CredentialsError> {
        let make = || {
            let key = KeyPair::generate()?;
            let mut wanted = CertificateParams::new(Vec::new())?;
            wanted.distinguished_name.push(DnType::CommonName, group);
            wanted.subject_alt_names.push(rcgen::SanType::DnsName(Ia5String::try_from(name_of(group))?));
            let certificate = wanted.signed_by(&key, &self.issuer)?;
            Ok(Credentials {
                authority: self.certificate.to_vec(),
                certificate: certificate.der().to_vec(),
                key: key.serialize_der(),
            })
        };
        make().map_err(not_made)
    }
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn not_made(error: rcgen::Error) -> CredentialsError {
    CredentialsError::NotMade(error.to_string())
}

impl Credentials {
    /// The credentials as one line of text, for a child. It holds a private key.
    pub fn to_text(&self) -> String {
        serde_json::to_string(self).expect("credentials are bytes")
    }

    /// Reads what [`to_text`](Self::to_text) wrote.
    ///
    /// # Errors
    /// When it is something else.
    pub fn from_text(text: &str) -> Result<Self, CredentialsError> {
        serde_json::from_str(text).map_err(|error| CredentialsError::Unreadable(error.to_string()))
    }
}

/// Both ends of sealed connections. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    calling: TlsConnector,
    answering: Arc<ServerConfig>,
}

impl fmt::Debug for Tls {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Tls(..)")
    }
}

impl Tls {
    /// What seals connections of the group that the credentials were made for.
    ///
    /// # Errors
    /// When certificate and key are not of a kind.
    pub fn new(credentials: Credentials) -> Result<Self, CredentialsError> {
        let Credentials { authority, certificate, key } = credentials;
        let make = || {
            // The only provider that is compiled in, named so that no other crate's choice can come between.
            let provider: Arc<CryptoProvider> = Arc::new(ring::default_provider());
            let mut trusted = RootCertStore::empty();
            trusted.add(authority.into())?;
            let calling = ClientConfig::builder_with_provider(provider.clone())
                .with_protocol_versions(&[&TLS13])?
                .with_root_certificates(trusted)
                .with_no_client_auth();
            let answering = ServerConfig::builder_with_provider(provider)
                .with_protocol_versions(&[&TLS13])?
                // Who calls is proved by identities, call by call, in the open and under TLS alike.
                .with_no_client_auth()
                .with_single_cert(vec![certificate.into()], PrivatePkcs8KeyDer::from(key).into())?;
            Ok::<_, TlsError>(Self { calling: TlsConnector::from(Arc::new(calling)), answering: Arc::new(answering) })
        };
        make().map_err(|error| CredentialsError::Unusable(error.to_string()))
    }

    /// What the internal listener needs to answer sealed connections.
    pub fn server_config(&self) -> ServerConfig {
        (*self.answering).clone()
    }

    /// Seals a connection to `group`, once it has proved to be that group.
    pub(super) async fn connect(&self, group: &str, stream: TcpStream) -> Result<Sealed, NotConnected> {
        let name = ServerName::try_from(name_of(group)).expect("letters, digits and dots are a name");
        self.calling.connect(name, stream).await.map_err(|error| in_words(group, &error))
    }
}

/// The name that a group's certificate holds. Groups are named as people like; the names in certificates are not.
fn name_of(group: &str) -> String {
    format!("{}.group.cleave", hexadecimal(&Sha256::digest(group.as_bytes())[..16]))
}

/// What went wrong, so that somebody who never heard of certificates knows what to do.
fn in_words(group: &str, error: &io::Error) -> NotConnected {
    let Some(cause) = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>()) else {
        return NotConnected::NotThere(error.to_string());
    };
    match cause {
        TlsError::InvalidCertificate(CertificateError::UnknownIssuer | CertificateError::BadSignature) => {
            NotConnected::NotTheirs(
                "whoever answers there shows a certificate of another authority: the two processes were not started by the same \
                 `cleave up`, or somebody stands between"
                    .to_owned(),
            )
        }
        TlsError::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => NotConnected::NotTheirs(format!(
            "whoever answers there is of this topology, but is not the group {group}: the addresses are mixed up"
        )),
        TlsError::InvalidMessage(_) => NotConnected::NotTheirs(
            "whoever answers there does not speak TLS: `seam.tls` must be the same for all processes of a topology".to_owned(),
        ),
        other => NotConnected::NotTheirs(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_read_back_as_they_were_written_and_show_nothing_to_a_log() {
        let credentials = Authority::random().unwrap().certify("a group, named freely ✓").unwrap();
        let read = Credentials::from_text(&credentials.to_text()).unwrap();
        assert_eq!((&read.certificate, &read.key), (&credentials.certificate, &credentials.key));
        assert_eq!(format!("{read:?} {:?}", Tls::new(read.clone()).unwrap()), "Credentials(..) Tls(..)");
    }

    #[test]
    fn a_key_that_belongs_to_another_certificate_is_an_error() {
        let authority = Authority::random().unwrap();
        let (one, other) = (authority.certify("one").unwrap(), authority.certify("other").unwrap());
        let mixed = Credentials { key: other.key, ..one };
        assert!(matches!(Tls::new(mixed), Err(CredentialsError::Unusable(_))));
        assert!(Credentials::from_text("{}").is_err());
    }

    /// What a process with `calling` is told when it calls `group`, and one with `answering` answers.
    async fn told(calling: &Authority, group: &str, answering: &Authority) -> Result<(), NotConnected> {
        let tls = |authority: &Authority, group| Tls::new(authority.certify(group).unwrap()).unwrap();
        let (calling, answering) = (tls(calling, "storefront"), tls(answering, "probe"));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let accepting = tokio_rustls::TlsAcceptor::from(Arc::new(answering.server_config()));
        let answer = async { accepting.accept(listener.accept().await.unwrap().0).await };
        let (called, answered) = tokio::join!(calling.connect(group, stream), answer);
        assert_eq!(called.is_ok(), answered.is_ok(), "both ends see the same");
        called.map(drop)
    }

    #[actix_rt::test]
    async fn who_is_not_believed_is_told_of_in_plain_words() {
        let (ours, theirs) = (Authority::random().unwrap(), Authority::random().unwrap());
        told(&ours, "probe", &ours).await.unwrap();
        let words = told(&ours, "probe", &theirs).await.unwrap_err().to_string();
        assert!(words.contains("another authority") && words.contains("same `cleave up`"), "{words}");
        let words = told(&ours, "orders", &ours).await.unwrap_err().to_string();
        assert!(words.contains("is not the group orders"), "{words}");
    }
}
