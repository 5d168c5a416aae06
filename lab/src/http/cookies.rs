//! The cookies of one visitor.

/// Keeps what a server set, and gives it back on the paths it was set for.
///
/// All requests of a session go to one host, so domains play no part; `Secure` is not enforced, because a load generator that
/// silently dropped a session cookie would measure something else.
#[derive(Debug, Clone, Default)]
pub struct CookieJar {
    cookies: Vec<Cookie>,
}

#[derive(Debug, Clone)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl CookieJar {
    /// Takes in one `Set-Cookie` header.
    pub fn store(&mut self, header: &str) {
        let mut parts = header.split(';');
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let (name, value) = (name.trim(), value.trim());
        if name.is_empty() {
            return;
        }
        let mut path = "/";
        let mut removed = false;
        for attribute in parts {
            let (key, setting) = attribute.split_once('=').unwrap_or((attribute, ""));
            let (key, setting) = (key.trim(), setting.trim());
            if key.eq_ignore_ascii_case("path") && setting.starts_with('/') {
                path = setting;
            } else if key.eq_ignore_ascii_case("max-age") {
                removed = setting.parse::<i64>().is_ok_and(|seconds| seconds <= 0);
            } else if key.eq_ignore_ascii_case("expires") && setting.contains("1970") {
                // The epoch is how servers without Max-Age take a cookie back.
                removed = true;
            }
        }
        self.cookies.retain(|cookie| !(cookie.name == name && cookie.path == path));
        if !removed {
            self.cookies.push(Cookie { name: name.to_owned(), value: value.to_owned(), path: path.to_owned() });
        }
    }

    /// Appends a `Cookie` header line for `path`, or nothing when no cookie applies.
    pub fn write_header(&self, path: &str, into: &mut Vec<u8>) {
        let mut separator: &[u8] = b"Cookie: ";
        for cookie in self.cookies.iter().filter(|cookie| cookie.applies_to(path)) {
            into.extend_from_slice(separator);
            into.extend_from_slice(cookie.name.as_bytes());
            into.push(b'=');
            into.extend_from_slice(cookie.value.as_bytes());
            separator = b"; ";
        }
        if separator == b"; " {
            into.extend_from_slice(b"\r\n");
        }
    }
}

impl Cookie {
    fn applies_to(&self, path: &str) -> bool {
        let Some(rest) = path.strip_prefix(self.path.as_str()) else { return false };
        rest.is_empty() || self.path.ends_with('/') || rest.starts_with(['/', '?'])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(jar: &CookieJar, path: &str) -> String {
        let mut out = Vec::new();
        jar.write_header(path, &mut out);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_cookie_is_given_back_replaced_and_taken_away() {
        let mut jar = CookieJar::default();
        assert_eq!(header(&jar, "/"), "");
        jar.store("shop_session=abc; Path=/; HttpOnly; SameSite=Lax");
        jar.store("shop_currency=EUR");
        assert_eq!(header(&jar, "/cart"), "Cookie: shop_session=abc; shop_currency=EUR\r\n");
        jar.store("shop_session=def; Path=/");
        assert_eq!(header(&jar, "/"), "Cookie: shop_currency=EUR; shop_session=def\r\n");
        jar.store("shop_currency=; Max-Age=0");
        jar.store("shop_session=; Expires=Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(header(&jar, "/"), "");
    }

    #[test]
    fn a_cookie_for_a_path_stays_on_it() {
        let mut jar = CookieJar::default();
        jar.store("a=1; Path=/admin");
        assert_eq!(header(&jar, "/administrator"), "");
        assert_eq!(header(&jar, "/admin/x"), "Cookie: a=1\r\n");
    }
}
