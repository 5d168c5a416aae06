//! The words of a fault's file.

use std::time::Duration;

/// What the lab asks of one module.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ordered {
    /// Nothing: the module is well.
    Nothing,
    /// It answers nothing until the fault is over.
    Hang,
    /// It answers this much later.
    Slow(Duration),
    /// So many threads of its process burn CPU.
    Spin(usize),
    /// Its process takes so many bytes of memory per second.
    Leak(usize),
}

/// Reads what a file says; an empty one says nothing.
pub(super) fn read(written: &str) -> Result<Ordered, String> {
    let words: Vec<&str> = written.split_whitespace().collect();
    let read = match words[..] {
        [] => Some(Ordered::Nothing),
        ["hang"] => Some(Ordered::Hang),
        ["slow", late] => duration(late).map(Ordered::Slow),
        ["spin"] => Some(Ordered::Spin(std::thread::available_parallelism().map_or(1, usize::from))),
        ["spin", threads] => threads.parse().ok().filter(|threads| (1..=1_024).contains(threads)).map(Ordered::Spin),
        ["leak", rate] => rate.strip_suffix("MiB/s").and_then(|rate| rate.parse().ok()).and_then(mebibytes),
        _ => None,
    };
    let written = written.trim();
    read.ok_or_else(|| {
        format!(
            "{written:?} is not a fault: write `hang`, `slow 500ms`, `spin`, `spin 4` (1 to 1024) or `leak 64MiB/s`"
        )
    })
}

fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.split_at(text.find(|letter: char| !letter.is_ascii_digit())?);
    let number = number.parse().ok()?;
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        _ => None,
    }
}

fn mebibytes(rate: usize) -> Option<Ordered> {
    rate.checked_mul(1 << 20).filter(|bytes| *bytes > 0).map(Ordered::Leak)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_words() {
        assert_eq!(read(""), Ok(Ordered::Nothing));
        assert_eq!(read("hang\n"), Ok(Ordered::Hang));
        assert_eq!(read("slow 500ms"), Ok(Ordered::Slow(Duration::from_millis(500))));
        assert_eq!(read("slow 2s"), Ok(Ordered::Slow(Duration::from_secs(2))));
        assert_eq!(read("spin 4"), Ok(Ordered::Spin(4)));
        assert_eq!(read("leak 64MiB/s"), Ok(Ordered::Leak(64 << 20)));
        assert!(matches!(read("spin"), Ok(Ordered::Spin(1..))));
    }

    #[test]
    fn what_is_no_fault_is_refused_with_those_there_are() {
        for wrong in
            ["hung", "slow", "slow 5", "slow fast", "slow 5h", "spin 0", "spin -1", "leak 4", "leak 0MiB/s", "hang now"]
        {
            let told = read(wrong).unwrap_err();
            assert!(told.contains(wrong) && told.contains("leak 64MiB/s"), "{wrong}: {told}");
        }
    }
}
