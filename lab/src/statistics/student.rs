//! Student's t distribution: the few functions that intervals need.

/// The probability that a t variable with `freedom` degrees of freedom is at most `t`.
pub fn student_cdf(t: f64, freedom: f64) -> f64 {
    let tail = 0.5 * incomplete_beta(freedom / 2.0, 0.5, freedom / (freedom + t * t));
    if t > 0.0 { 1.0 - tail } else { tail }
}

/// The value that a t variable with `freedom` degrees of freedom stays below with this probability.
///
/// Newton's steps on the distribution function, kept within a bracket that shrinks at every step: exact to 1e-10.
pub fn student_quantile(probability: f64, freedom: f64) -> f64 {
    debug_assert!(probability > 0.0 && probability < 1.0 && freedom > 0.0);
    if probability < 0.5 {
        return -student_quantile(1.0 - probability, freedom);
    }
    let (mut low, mut high) = (0.0, 1.0);
    while student_cdf(high, freedom) < probability {
        low = high;
        high *= 2.0;
    }
    let mut guess = f64::midpoint(low, high);
    for _ in 0..200 {
        let excess = student_cdf(guess, freedom) - probability;
        if excess < 0.0 {
            low = guess;
        } else {
            high = guess;
        }
        let step = excess / student_density(guess, freedom);
        if step.abs() < 1e-13 * guess.max(1.0) {
            break;
        }
        let next = guess - step;
        // Far out in a tail Newton leaps too far; half of the bracket is a safe step then.
        guess = if next > low && next < high { next } else { f64::midpoint(low, high) };
    }
    guess
}

fn student_density(t: f64, freedom: f64) -> f64 {
    let scale = ln_gamma(f64::midpoint(freedom, 1.0)) - ln_gamma(freedom / 2.0);
    let power = f64::midpoint(freedom, 1.0) * (1.0 + t * t / freedom).ln();
    (scale - power).exp() / (freedom * std::f64::consts::PI).sqrt()
}

/// The regularised incomplete beta function, by Lentz's continued fraction (Numerical Recipes, 6.4).
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let front = (ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + a * x.ln() + b * (1.0 - x).ln()).exp();
    // The fraction converges fast on one side of the mean; the other side follows by symmetry.
    if x < (a + 1.0) / (a + b + 2.0) {
        front * beta_fraction(a, b, x) / a
    } else {
        1.0 - front * beta_fraction(b, a, 1.0 - x) / b
    }
}

fn beta_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / away_from_zero(1.0 + even * d);
        c = away_from_zero(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / away_from_zero(1.0 + odd * d);
        c = away_from_zero(1.0 + odd / c);
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

/// The logarithm of the gamma function for positive arguments (Lanczos, g = 7, nine terms).
fn ln_gamma(x: f64) -> f64 {
    const TERMS: [f64; 9] = [
        0.999_999_999_999_809_9,
        676.520_368_121_885_1,
        -1_259.139_216_722_402_8,
        771.323_428_777_653_1,
        -176.615_029_162_140_6,
        12.507_343_278_686_905,
        -0.138_571_095_265_720_12,
        9.984_369_578_019_572e-6,
        1.505_632_735_149_311_6e-7,
    ];
    if x < 0.5 {
        // Reflection keeps the series in the range where it is accurate.
        return (std::f64::consts::PI / (std::f64::consts::PI * x).sin()).ln() - ln_gamma(1.0 - x);
    }
    let x = x - 1.0;
    let base = x + 7.5;
    let sum = TERMS.iter().enumerate().skip(1).fold(TERMS[0], |sum, (index, term)| sum + term / (x + index as f64));
    0.5 * std::f64::consts::TAU.ln() + (x + 0.5) * base.ln() - base + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_published_tables() {
        // NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2, and SciPy's stats.t.ppf.
        let table = [
            (0.975, 1.0, 12.706_204_736),
            (0.975, 2.0, 4.302_652_730),
            (0.975, 4.0, 2.776_445_105),
            (0.975, 9.0, 2.262_157_163),
            (0.975, 29.0, 2.045_229_642),
            (0.95, 4.0, 2.131_846_786),
            (0.995, 9.0, 3.249_835_542),
            (0.975, 1e6, 1.959_966_356),
        ];
        for (probability, freedom, expected) in table {
            let found = student_quantile(probability, freedom);
            assert!((found - expected).abs() < 1e-6, "t({probability}, {freedom}) = {found}, table says {expected}");
            assert!((student_quantile(1.0 - probability, freedom) + expected).abs() < 1e-6, "symmetric");
        }
    }

    #[test]
    fn the_distribution_function_undoes_the_quantile() {
        for freedom in [1.0, 3.0, 4.0, 9.0, 40.0] {
            for probability in [0.01, 0.2, 0.5, 0.7, 0.999] {
                let back = student_cdf(student_quantile(probability, freedom), freedom);
                assert!((back - probability).abs() < 1e-9, "{freedom} {probability} {back}");
            }
        }
    }
}
