//! What sending costs: zones by country, parcels by units.

use shipping_contract::Quote;
use vocabulary::{Currency, Money};

/// How many units fit into one parcel.
const UNITS_PER_PARCEL: u64 = 20;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Zone {
    /// The United States, where the store-house is.
    Home,
    /// Over one border.
    Neighbours,
    /// By air to where everything clears customs in one day.
    Europe,
    /// Everywhere else.
    World,
}

const HOME: &str = "united states, united states of america, usa, us, u.s.a., u.s.";

const NEIGHBOURS: &str = "canada, ca, mexico, méxico, mx";

/// By name, or by the two letters of ISO 3166.
const EUROPE: &str = "albania, al, andorra, ad, austria, at, belgium, be, bosnia and herzegovina, ba, bulgaria, bg, \
    croatia, hr, cyprus, cy, czechia, czech republic, cz, denmark, dk, estonia, ee, finland, fi, france, fr, germany, de, \
    greece, gr, hungary, hu, iceland, is, ireland, ie, italy, it, latvia, lv, liechtenstein, li, lithuania, lt, \
    luxembourg, lu, malta, mt, monaco, mc, montenegro, me, netherlands, nl, north macedonia, mk, norway, no, poland, pl, \
    portugal, pt, romania, ro, serbia, rs, slovakia, sk, slovenia, si, spain, es, sweden, se, switzerland, ch, \
    united kingdom, gb, uk";

impl Zone {
    /// The zone of a country by its usual English name or its two letters; what nobody knows is far away.
    pub(crate) fn of(country: &str) -> Self {
        let country = country.trim().to_lowercase();
        let is_in = |countries: &str| countries.split(", ").any(|one| one == country);
        if is_in(HOME) {
            return Self::Home;
        }
        if is_in(NEIGHBOURS) {
            return Self::Neighbours;
        }
        if is_in(EUROPE) {
            return Self::Europe;
        }
        Self::World
    }

    /// What it costs to send so many units: a price for each parcel, and one for each unit.
    pub(crate) fn quote(self, units: u64) -> Quote {
        let (per_parcel, per_unit, days) = match self {
            Self::Home => (490, 60, 4),
            Self::Neighbours => (990, 120, 7),
            Self::Europe => (1_490, 180, 9),
            Self::World => (1_990, 240, 14),
        };
        let parcels = units.div_ceil(UNITS_PER_PARCEL);
        let cents = parcels.saturating_mul(per_parcel).saturating_add(units.saturating_mul(per_unit));
        Quote { cost: Money::new(i64::try_from(cents).unwrap_or(i64::MAX), Currency::USD), days }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn countries_are_found_however_they_are_written() {
        for (country, zone) in [
            ("United States", Zone::Home),
            (" USA ", Zone::Home),
            ("Canada", Zone::Neighbours),
            ("DE", Zone::Europe),
            ("united kingdom", Zone::Europe),
            ("Japan", Zone::World),
            ("Atlantis", Zone::World),
        ] {
            assert_eq!(Zone::of(country), zone, "{country}");
        }
    }

    #[test]
    fn twenty_units_fit_into_a_parcel() {
        let cents = |units| Zone::Home.quote(units).cost.minor;

        assert_eq!(cents(1), 550);
        assert_eq!(cents(20), 490 + 20 * 60);
        assert_eq!(cents(21), 2 * 490 + 21 * 60);
    }

    proptest! {
        #[test]
        fn more_units_and_longer_ways_cost_more_and_never_overflow(units in any::<u64>()) {
            let zones = [Zone::Home, Zone::Neighbours, Zone::Europe, Zone::World];
            let quotes = zones.map(|zone| zone.quote(units));
            prop_assert!(quotes.is_sorted_by_key(|quote| quote.cost.minor));
            prop_assert!(quotes.is_sorted_by_key(|quote| quote.days));
            for (zone, quote) in zones.into_iter().zip(quotes) {
                prop_assert!(zone.quote(units.saturating_add(1)).cost.minor >= quote.cost.minor);
                prop_assert!(quote.cost.minor >= 0);
            }
        }
    }
}
