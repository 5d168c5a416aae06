//! The date and time of a run, UTC.

use std::time::{SystemTime, UNIX_EPOCH};

/// Year, month, day, hour, minute and second, UTC.
pub(crate) struct Moment {
    seconds: u64,
}

impl Moment {
    /// The present moment.
    pub(crate) fn now() -> Self {
        Self { seconds: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()) }
    }

    /// `2026-11-20T12:00:00Z`.
    pub(crate) fn iso(&self) -> String {
        let (hours, minutes, seconds) = (self.seconds / 3600 % 24, self.seconds / 60 % 60, self.seconds % 60);
        format!("{}T{hours:02}:{minutes:02}:{seconds:02}Z", self.date())
    }

    /// `2026-11-20`.
    pub(crate) fn date(&self) -> String {
        // Days to civil date, after Howard Hinnant's `civil_from_days`: eras of 400 years that begin in March.
        let days = self.seconds / 86_400 + 719_468;
        let day_of_era = days % 146_097;
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let march_month = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * march_month + 2) / 5 + 1;
        let month = if march_month < 10 { march_month + 3 } else { march_month - 9 };
        let year = days / 146_097 * 400 + year_of_era + u64::from(month <= 2);
        format!("{year:04}-{month:02}-{day:02}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_agree_with_the_calendar() {
        let iso = |seconds| Moment { seconds }.iso();
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(iso(1_795_262_399), "2026-11-21T11:59:59Z");
        assert_eq!(iso(4_107_542_400), "2100-03-01T00:00:00Z");
    }
}
