//! SVG text, one element at a time. Colours and sizes are classes of the page's style sheet, so that they follow light and dark.

use std::fmt::Write as _;

/// How a side is told from the others: its place among the sides picks colour, dashes and mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Series(pub(super) usize);

impl Series {
    fn class(self) -> String {
        format!("s{}", self.0 % 5)
    }
}

/// A drawing in the making.
pub(super) struct Canvas {
    out: String,
    width: f64,
    height: f64,
}

impl Canvas {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self { out: String::new(), width, height }
    }

    pub(super) fn line(&mut self, class: &str, from: (f64, f64), to: (f64, f64)) {
        self.push(format_args!(
            r#"<line class="{class}" x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}"/>"#,
            from.0, from.1, to.0, to.1
        ));
    }

    pub(super) fn rectangle(&mut self, class: &str, at: (f64, f64), size: (f64, f64)) {
        let (width, height) = (size.0.max(0.0), size.1.max(0.0));
        self.push(format_args!(
            r#"<rect class="{class}" x="{:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}"/>"#,
            at.0, at.1
        ));
    }

    /// Text; `anchor` is `start`, `middle` or `end`.
    pub(super) fn text(&mut self, class: &str, at: (f64, f64), anchor: &str, text: &str) {
        let text = escape(text);
        self.push(format_args!(
            r#"<text class="{class}" x="{:.1}" y="{:.1}" text-anchor="{anchor}">{text}</text>"#,
            at.0, at.1
        ));
    }

    /// A rectangle that says in words what it stands for when pointed at.
    pub(super) fn told_rectangle(&mut self, class: &str, at: (f64, f64), size: (f64, f64), words: &str) {
        let (width, height) = (size.0.max(0.0), size.1.max(0.0));
        let words = escape(words);
        self.push(format_args!(
            r#"<rect class="{class}" x="{:.1}" y="{:.1}" width="{width:.1}" height="{height:.1}"><title>{words}</title></rect>"#,
            at.0, at.1
        ));
    }

    /// Text that rises to the right, for heads of narrow columns.
    pub(super) fn rising_text(&mut self, class: &str, at: (f64, f64), text: &str) {
        let text = escape(text);
        self.push(format_args!(
            r#"<text class="{class}" transform="translate({:.1} {:.1}) rotate(-50)">{text}</text>"#,
            at.0, at.1
        ));
    }

    /// A line through points, in the series' colour and dashes.
    pub(super) fn path(&mut self, series: Series, kind: &str, points: &[(f64, f64)]) {
        let data = path_data(points);
        let series = series.class();
        self.push(format_args!(r#"<path class="line {kind} {series}" d="{data}"/>"#));
    }

    /// The band between two lines.
    pub(super) fn band(&mut self, series: Series, upper: &[(f64, f64)], lower: &[(f64, f64)]) {
        let outline: Vec<(f64, f64)> = upper.iter().chain(lower.iter().rev()).copied().collect();
        let data = path_data(&outline);
        let series = series.class();
        self.push(format_args!(r#"<path class="band {series}" d="{data}Z"/>"#));
    }

    /// A line through points, in the look of a class.
    pub(super) fn plain_path(&mut self, class: &str, points: &[(f64, f64)]) {
        let data = path_data(points);
        self.push(format_args!(r#"<path class="{class}" d="{data}"/>"#));
    }

    /// The area between two lines, in the look of a class.
    pub(super) fn area(&mut self, class: &str, upper: &[(f64, f64)], lower: &[(f64, f64)]) {
        let outline: Vec<(f64, f64)> = upper.iter().chain(lower.iter().rev()).copied().collect();
        let data = path_data(&outline);
        self.push(format_args!(r#"<path class="{class}" d="{data}Z"/>"#));
    }

    /// The mark of a series as an outline, for the second of two kinds.
    pub(super) fn hollow_mark(&mut self, series: Series, at: (f64, f64), size: f64) {
        let before = self.out.len();
        self.mark(series, at, size);
        let mark = self.out.split_off(before).replacen("class=\"mark ", "class=\"hollow ", 1);
        self.out.push_str(&mark);
    }

    /// The mark of a series: circle, square, triangle, diamond, turned triangle.
    pub(super) fn mark(&mut self, series: Series, at: (f64, f64), size: f64) {
        let (x, y) = at;
        let class = format!("mark {}", series.class());
        let polygon = |points: &[(f64, f64)]| {
            let points: Vec<String> =
                points.iter().map(|(dx, dy)| format!("{:.1},{:.1}", x + dx * size, y + dy * size)).collect();
            format!(r#"<polygon class="{class}" points="{}"/>"#, points.join(" "))
        };
        let element = match series.0 % 5 {
            0 => format!(r#"<circle class="{class}" cx="{x:.1}" cy="{y:.1}" r="{size:.1}"/>"#),
            1 => polygon(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            2 => polygon(&[(0.0, -1.2), (1.1, 0.9), (-1.1, 0.9)]),
            3 => polygon(&[(0.0, -1.3), (1.2, 0.0), (0.0, 1.3), (-1.2, 0.0)]),
            _ => polygon(&[(0.0, 1.2), (1.1, -0.9), (-1.1, -0.9)]),
        };
        self.out.push_str(&element);
    }

    /// A dot: one round's own value.
    pub(super) fn dot(&mut self, series: Series, at: (f64, f64)) {
        let class = series.class();
        self.push(format_args!(r#"<circle class="round {class}" cx="{:.1}" cy="{:.1}" r="1.7"/>"#, at.0, at.1));
    }

    /// An interval as a stroke with ends, in the colour of the series.
    pub(super) fn interval(&mut self, series: Series, from: f64, to: f64, y: f64) {
        let class = format!("interval {}", series.class());
        self.line(&class, (from, y), (to, y));
        for x in [from, to] {
            self.line(&class, (x, y - 4.0), (x, y + 4.0));
        }
    }

    /// The whole drawing; `label` is what a screen reader says instead of it.
    pub(super) fn finish(self, label: &str, class: &str) -> String {
        format!(
            r#"<svg class="{class}" viewBox="0 0 {:.0} {:.0}" role="img" aria-label="{}">{}</svg>"#,
            self.width,
            self.height,
            escape(label),
            self.out
        )
    }

    fn push(&mut self, element: std::fmt::Arguments<'_>) {
        self.out.write_fmt(element).expect("writing to a string does not fail");
    }
}

fn path_data(points: &[(f64, f64)]) -> String {
    let mut data = String::new();
    for (index, (x, y)) in points.iter().enumerate() {
        let command = if index == 0 { 'M' } else { 'L' };
        write!(data, "{command}{x:.1} {y:.1}").expect("writing to a string does not fail");
    }
    data
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
