//! From values to places on a drawing.

/// An axis from a range of values to a range of places.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    from: (f64, f64),
    to: (f64, f64),
    logarithmic: bool,
}

impl Scale {
    pub(super) fn linear(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from, to, logarithmic: false }
    }

    pub(super) fn logarithmic(from: (f64, f64), to: (f64, f64)) -> Self {
        Self { from: (from.0.max(1e-12).ln(), from.1.max(1e-12).ln()), to, logarithmic: true }
    }

    /// The place of a value; values beyond the axis end at its end, what is no number at its beginning.
    pub(super) fn place(&self, value: f64) -> f64 {
        if value.is_nan() {
            return self.to.0;
        }
        let value = if self.logarithmic { value.max(1e-12).ln() } else { value };
        let span = self.from.1 - self.from.0;
        let share = if span == 0.0 { 0.5 } else { (value - self.from.0) / span };
        self.to.0 + share.clamp(0.0, 1.0) * (self.to.1 - self.to.0)
    }
}

/// Round values for a logarithmic axis: 1, 2 and 5 times the powers of ten, or the powers alone over a wide range.
pub(super) fn logarithmic_ticks(low: f64, high: f64) -> Vec<f64> {
    if !(low > 0.0 && high > low && high.is_finite()) {
        return Vec::new();
    }
    let decades = (high / low).log10();
    let steps: &[f64] = if decades > 3.5 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let all = (first..=last).flat_map(|power| steps.iter().map(move |step| step * 10_f64.powi(power)));
    all.filter(|tick| *tick >= low * 0.999 && *tick <= high * 1.001).collect()
}

/// Round values for a linear axis from 0.
pub(super) fn linear_ticks(high: f64, most: usize) -> Vec<f64> {
    if !(high > 0.0 && high.is_finite()) {
        return vec![0.0];
    }
    let rough = high / most as f64;
    let power = 10_f64.powf(rough.log10().floor());
    let step =
        [1.0, 2.0, 2.5, 5.0, 10.0].iter().map(|factor| factor * power).find(|step| *step >= rough).unwrap_or(rough);
    (0..=most + 1).map(|index| index as f64 * step).filter(|tick| *tick <= high * 1.001).collect()
}

/// Moves labels apart that would lie on each other, keeping their order; each takes `height`.
pub(super) fn spread(places: &[f64], height: f64, low: f64, high: f64) -> Vec<f64> {
    let mut order: Vec<usize> = (0..places.len()).collect();
    order.sort_by(|a, b| places[*a].total_cmp(&places[*b]));
    let mut out = places.to_vec();
    let mut floor = low;
    for index in &order {
        out[*index] = out[*index].max(floor);
        floor = out[*index] + height;
    }
    let mut ceiling = high;
    for index in order.iter().rev() {
        out[*index] = out[*index].min(ceiling);
        ceiling = out[*index] - height;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_within() {
        assert_eq!(logarithmic_ticks(0.3, 12.0), [0.5, 1.0, 2.0, 5.0, 10.0]);
        assert_eq!(logarithmic_ticks(1.0, 100_000.0).len(), 6);
        assert_eq!(linear_ticks(4300.0, 4), [0.0, 2000.0, 4000.0]);
    }

    #[test]
    fn labels_that_meet_are_moved_apart_in_order() {
        assert_eq!(spread(&[10.0, 11.0, 50.0], 12.0, 0.0, 100.0), [10.0, 22.0, 50.0]);
        let low = spread(&[98.0, 99.0], 12.0, 0.0, 100.0);
        assert!(low[1] - low[0] >= 12.0 && low[1] <= 100.0);
    }

    #[test]
    fn a_logarithmic_axis_puts_the_geometric_mean_in_the_middle() {
        let scale = Scale::logarithmic((1.0, 100.0), (0.0, 10.0));
        assert!((scale.place(10.0) - 5.0).abs() < 1e-9);
        assert_eq!(scale.place(1e6), 10.0);
    }
}
