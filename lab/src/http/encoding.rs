//! Percent-encoding of drawn and captured values.

/// Encodes a value for `application/x-www-form-urlencoded`, appending to `into`.
pub fn encode_form_value(value: &str, into: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'*' => into.push(byte as char),
            b' ' => into.push('+'),
            _ => push_escaped(byte, into),
        }
    }
}

/// Encodes a value that stands within a path or a query; slashes stay, so that a captured path can be used whole.
pub fn encode_path_value(value: &str, into: &mut String) {
    for byte in value.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' | b'/' | b'?' | b'=' | b'&' | b'%' => {
                into.push(byte as char);
            }
            _ => push_escaped(byte, into),
        }
    }
}

fn push_escaped(byte: u8, into: &mut String) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    into.push('%');
    into.push(DIGITS[usize::from(byte >> 4)] as char);
    into.push(DIGITS[usize::from(byte & 15)] as char);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_values_keep_letters_and_escape_the_rest() {
        let mut out = String::new();
        encode_form_value("1600 Amphitheatre & Söhne@x.org", &mut out);
        assert_eq!(out, "1600+Amphitheatre+%26+S%C3%B6hne%40x.org");
    }

    #[test]
    fn path_values_keep_slashes_and_escape_line_breaks() {
        let mut out = String::new();
        encode_path_value("/orders/1 2\r\n", &mut out);
        assert_eq!(out, "/orders/1%202%0D%0A");
    }
}
