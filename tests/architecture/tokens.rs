//! Rust text as words, literals and marks, so that a rule never trips over a comment.
//!
//! A full parser would tell more than the rules need, and would cost every build of the tests its time.

/// A piece of a Rust file; comments are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    /// Counted from 1.
    pub(crate) line: usize,
    pub(crate) kind: TokenKind<'a>,
}

/// What a piece is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind<'a> {
    /// A name or a keyword.
    Word(&'a str),
    /// What stands between the quotes of a string, escapes unread.
    Text(&'a str),
    /// Any other sign.
    Mark(char),
}

impl<'a> Token<'a> {
    pub(crate) fn word(&self) -> Option<&'a str> {
        if let TokenKind::Word(word) = self.kind { Some(word) } else { None }
    }

    pub(crate) fn text(&self) -> Option<&'a str> {
        if let TokenKind::Text(text) = self.kind { Some(text) } else { None }
    }

    pub(crate) fn is_mark(&self, mark: char) -> bool {
        self.kind == TokenKind::Mark(mark)
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.word() == Some(word)
    }
}

/// Cuts a file into its pieces.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut reader = Reader { source, at: 0, line: 1, found: Vec::new() };
    while reader.at < source.len() {
        reader.step();
    }
    reader.found
}

/// The same without `#[cfg(test)]` modules: what is built for people.
pub(crate) fn product_tokens(source: &str) -> Vec<Token<'_>> {
    const OPENING: [TokenKind<'static>; 7] = [
        TokenKind::Mark('#'),
        TokenKind::Mark('['),
        TokenKind::Word("cfg"),
        TokenKind::Mark('('),
        TokenKind::Word("test"),
        TokenKind::Mark(')'),
        TokenKind::Mark(']'),
    ];
    let all = tokens(source);
    let mut kept = Vec::with_capacity(all.len());
    let mut at = 0;
    while at < all.len() {
        let opens = all[at..].iter().map(|token| token.kind).take(OPENING.len()).eq(OPENING);
        if opens {
            at = end_of_item(&all, at + OPENING.len());
        } else {
            kept.push(all[at].clone());
            at += 1;
        }
    }
    kept
}

/// Where the item that begins at `from` is over: after its `;`, or after its braces.
fn end_of_item(tokens: &[Token<'_>], from: usize) -> usize {
    let mut depth = 0_usize;
    for (at, token) in tokens.iter().enumerate().skip(from) {
        match token.kind {
            TokenKind::Mark('{') => depth += 1,
            TokenKind::Mark('}') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            TokenKind::Mark(';') if depth == 0 => return at + 1,
            _ => {}
        }
    }
    tokens.len()
}

struct Reader<'a> {
    source: &'a str,
    at: usize,
    line: usize,
    found: Vec<Token<'a>>,
}

impl<'a> Reader<'a> {
    fn step(&mut self) {
        let rest = &self.source[self.at..];
        let first = rest.chars().next().expect("the reader is not at the end");
        if rest.starts_with("//") {
            self.skip(rest.find('\n').unwrap_or(rest.len()));
        } else if rest.starts_with("/*") {
            self.skip(length_of_block_comment(rest));
        } else if let Some((opening, length, closing)) = string_at(rest) {
            self.found.push(Token { line: self.line, kind: TokenKind::Text(&rest[opening..length - closing]) });
            self.skip(length);
        } else if first == '\'' {
            self.skip(length_of_quote(rest));
        } else if first == '_' || first.is_alphanumeric() {
            let length = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
            if !first.is_ascii_digit() {
                self.found.push(Token { line: self.line, kind: TokenKind::Word(&rest[..length]) });
            }
            self.skip(length);
        } else {
            if !first.is_whitespace() {
                self.found.push(Token { line: self.line, kind: TokenKind::Mark(first) });
            }
            self.skip(first.len_utf8());
        }
    }

    fn skip(&mut self, bytes: usize) {
        self.line += self.source[self.at..self.at + bytes].matches('\n').count();
        self.at += bytes;
    }
}

fn length_of_block_comment(rest: &str) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < rest.len() {
        if rest[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    rest.len()
}

/// A string that begins here: where its text begins, its whole length, and the length of what closes it.
fn string_at(rest: &str) -> Option<(usize, usize, usize)> {
    let prefix = ["br", "cr", "r", "b", "c", ""].into_iter().find(|prefix| {
        let after = rest.strip_prefix(prefix);
        after.is_some_and(|after| after.starts_with('"') || (prefix.ends_with('r') && after.starts_with("#")))
    })?;
    let after = &rest[prefix.len()..];
    if !prefix.ends_with('r') {
        let end = end_of_plain_string(after)?;
        return Some((prefix.len() + 1, prefix.len() + end, 1));
    }
    let hashes = after.len() - after.trim_start_matches('#').len();
    if !after[hashes..].starts_with('"') {
        return None; // a raw name such as `r#type`
    }
    let closing = format!("\"{}", "#".repeat(hashes));
    let opening = prefix.len() + hashes + 1;
    let end = rest[opening..].find(&closing)?;
    Some((opening, opening + end + closing.len(), closing.len()))
}

fn end_of_plain_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, sign) in text.char_indices().skip(1) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A character literal is passed over as a whole; of a lifetime, the quote alone.
fn length_of_quote(rest: &str) -> usize {
    let mut signs = rest.char_indices().skip(1);
    match signs.next() {
        Some((_, '\\')) => {
            signs.next();
            signs.find(|(_, sign)| *sign == '\'').map_or(1, |(at, _)| at + 1)
        }
        Some(_) => match signs.next() {
            Some((at, '\'')) => at + 1,
            _ => 1,
        },
        None => 1,
    }
}

/// The words that a name is made of, in small letters: `CatalogClient` and `catalog_client` are both `catalog`, `client`.
pub(crate) fn segments(name: &str) -> Vec<String> {
    let mut segments = vec![String::new()];
    for sign in name.chars() {
        if sign == '_' || sign.is_uppercase() {
            segments.push(String::new());
        }
        if sign != '_' {
            segments.last_mut().expect("there is always one").extend(sign.to_lowercase());
        }
    }
    segments.retain(|segment| !segment.is_empty());
    segments
}

#[test]
fn comments_strings_and_lifetimes_are_told_apart() {
    let source = r##"
// cart "in a comment"
fn find<'a>(url: &'a str) -> char { /* cart /* again */ */ let r#type = "http://cart \" shelf"; let raw = r#"a "b""#; '"' }
"##;

    let found = tokens(source);

    let words: Vec<&str> = found.iter().filter_map(Token::word).collect();
    let texts: Vec<&str> = found.iter().filter_map(Token::text).collect();
    assert!(!words.contains(&"cart"), "{words:?}");
    assert_eq!(texts, [r#"http://cart \" shelf"#, r#"a "b""#]);
    assert_eq!(found.last().map(|token| token.line), Some(3));
}

#[test]
fn test_modules_are_left_out_of_the_product() {
    let source =
        "fn shipped() {} #[cfg(test)] mod tests { fn hidden() { {} } } #[cfg(test)] mod more; fn also_shipped() {}";

    let words: Vec<&str> = product_tokens(source).iter().filter_map(Token::word).collect();

    assert_eq!(words, ["fn", "shipped", "fn", "also_shipped"]);
}

#[test]
fn a_name_is_cut_into_its_words() {
    assert_eq!(segments("CatalogClient"), ["catalog", "client"]);
    assert_eq!(segments("catalog_client"), ["catalog", "client"]);
    assert_eq!(segments("ordering"), ["ordering"]);
}
