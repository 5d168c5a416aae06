//! What a page shows, as sentences.

use testkit::Page;

/// Questions to a page; each assertion shows the page when it fails.
pub(crate) trait Shows {
    /// Asserts that it is this page of the shop, and came with 200.
    fn shows_page(self, name: &str) -> Self;
    /// Asserts the status.
    fn has_status(self, status: u16) -> Self;
    /// Asserts that the text stands on it.
    fn shows(self, text: &str) -> Self;
    /// Asserts that the text does not stand on it.
    fn shows_no(self, text: &str) -> Self;
    /// What stands between two texts, for the first time.
    fn between(&self, before: &str, after: &str) -> Option<String>;
    /// All that stands between two texts, in order.
    fn all_between(&self, before: &str, after: &str) -> Vec<String>;
}

impl Shows for Page {
    #[track_caller]
    fn shows_page(self, name: &str) -> Self {
        self.has_status(200).shows(&format!("data-page=\"{name}\""))
    }

    #[track_caller]
    fn has_status(self, status: u16) -> Self {
        assert_eq!(self.status.as_u16(), status, "{}\n{}", self.path, self.text());
        self
    }

    #[track_caller]
    fn shows(self, text: &str) -> Self {
        assert!(self.text().contains(text), "{} does not show {text:?}:\n{}", self.path, self.text());
        self
    }

    #[track_caller]
    fn shows_no(self, text: &str) -> Self {
        assert!(!self.text().contains(text), "{} shows {text:?}:\n{}", self.path, self.text());
        self
    }

    fn between(&self, before: &str, after: &str) -> Option<String> {
        self.all_between(before, after).into_iter().next()
    }

    fn all_between(&self, before: &str, after: &str) -> Vec<String> {
        let text = self.text();
        let begun = text.split(before).skip(1);
        begun.filter_map(|rest| rest.split_once(after)).map(|(found, _)| found.to_owned()).collect()
    }
}
