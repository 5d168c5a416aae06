//! Where a side is reached: `http://HOST:PORT`.

use std::net::{SocketAddr, ToSocketAddrs};

/// The public address of a side, resolved once, before anything is timed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// The value of the `Host` header.
    pub authority: String,
    /// The address connections are made to.
    pub address: SocketAddr,
}

impl Target {
    /// Reads `http://HOST:PORT`, with or without a closing slash.
    pub fn parse(url: &str) -> anyhow::Result<Self> {
        let Some(rest) = url.strip_prefix("http://") else {
            anyhow::bail!("`{url}` is not an address the lab can load: it must begin with http://");
        };
        let authority = rest.split('/').next().unwrap_or_default().to_owned();
        let with_port = if authority.contains(':') { authority.clone() } else { format!("{authority}:80") };
        let address = with_port
            .to_socket_addrs()
            .map_err(|error| anyhow::anyhow!("`{authority}` cannot be resolved: {error}"))?
            .next()
            .ok_or_else(|| anyhow::anyhow!("`{authority}` has no address"))?;
        Ok(Self { authority, address })
    }

    /// Reduces a `Location` to a path on this target; `None` when it leads elsewhere.
    pub fn path_of<'l>(&self, location: &'l str) -> Option<&'l str> {
        if location.starts_with('/') && !location.starts_with("//") {
            return Some(location);
        }
        let rest = location.strip_prefix("http://")?.strip_prefix(self.authority.as_str())?;
        if rest.is_empty() { Some("/") } else { rest.starts_with('/').then_some(rest) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_on_the_same_host_becomes_a_path_and_any_other_is_not_followed() {
        let target = Target::parse("http://127.0.0.1:8080/").unwrap();
        assert_eq!(target.authority, "127.0.0.1:8080");
        assert_eq!(target.path_of("/cart"), Some("/cart"));
        assert_eq!(target.path_of("http://127.0.0.1:8080/orders/1"), Some("/orders/1"));
        assert_eq!(target.path_of("http://127.0.0.1:8080"), Some("/"));
        assert_eq!(target.path_of("http://127.0.0.1:80801/x"), None);
        assert_eq!(target.path_of("//elsewhere.example/x"), None);
        assert_eq!(target.path_of("https://elsewhere.example/"), None);
    }

    #[test]
    fn an_address_without_http_is_refused() {
        assert!(Target::parse("127.0.0.1:80").unwrap_err().to_string().contains("http://"));
    }
}
