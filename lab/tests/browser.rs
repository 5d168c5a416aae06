//! The report in a real browser, where there is one: no error on its console, nothing wider than a phone.

#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod believable;

use std::path::Path;
use std::process::Command;

use lab::analysis::Analysis;
use lab::report::to_html;

/// The names under which the browser is installed.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Tells the page around it what the browser finds wrong.
const PROBE: &str = r#"
const faults = [];
window.addEventListener("error", event => faults.push(event.message));
window.addEventListener("load", () => {
  if (window.innerWidth !== asked) faults.push(`the window is ${window.innerWidth} px wide, not ${asked}`);
  const page = document.scrollingElement;
  if (page.scrollWidth > window.innerWidth) faults.push(`the page is ${page.scrollWidth} px wide on ${window.innerWidth} px`);
  for (const svg of document.querySelectorAll("svg[role=img]")) {
    const frame = svg.getBoundingClientRect();
    if (frame.width === 0) continue;
    for (const text of svg.querySelectorAll("text")) {
      const box = text.getBoundingClientRect();
      if (box.left < frame.left - 9 || box.right > frame.right + 9) faults.push(`"${text.textContent}" leaves ${svg.closest("figure").id}`);
    }
  }
  for (const head of document.querySelectorAll("th")) head.click();
  const first = document.querySelector("table");
  if (first && !first.querySelector("th[aria-sort]")) faults.push("a click on a head sorts nothing");
  parent.postMessage(`found ${faults.length} faults: ${faults.slice(0, 12).join("; ")}`, "*");
});
"#;

fn browser() -> Option<&'static str> {
    BROWSERS
        .into_iter()
        .find(|name| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success()))
}

/// Shows a page in a frame of a width, because no window is as narrow as a phone, and returns what its probe says.
fn faults(browser: &str, folder: &Path, html: &str, width: u32) -> String {
    let probe = format!("<head><script>const asked = {width};{PROBE}</script>");
    std::fs::write(folder.join("page.html"), html.replacen("<head>", &probe, 1)).unwrap();
    let frame = format!(
        r#"<title>nothing was found</title><script>onmessage = event => document.title = event.data</script>
        <iframe src="page.html" style="border: 0; width: {width}px; height: 900px"></iframe>"#
    );
    std::fs::write(folder.join("frame.html"), frame).unwrap();
    let output = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"])
        .arg("--window-size=1400,1000")
        .arg(format!("--user-data-dir={}", folder.join("profile").display()))
        .arg(format!("file://{}", folder.join("frame.html").display()))
        .output()
        .unwrap();
    let document = String::from_utf8_lossy(&output.stdout);
    let title = document.split("<title>").nth(1).and_then(|rest| rest.split("</title>").next());
    title.unwrap_or("the browser gave no page").to_owned()
}

#[test]
fn the_report_has_no_errors_and_no_sideways_scrolling_at_a_desk_and_on_a_phone() {
    let Some(browser) = browser() else {
        return; // Where no browser is installed there is nobody to ask.
    };
    for (name, run) in [("pair", believable::pair()), ("everything", believable::everything())] {
        let html = to_html(&run, &Analysis::of(&run)).unwrap();
        for width in [390, 1280] {
            let folder = tempfile::tempdir().unwrap();
            let found = faults(browser, folder.path(), &html, width);
            assert!(found.starts_with("found 0 faults"), "{name} at {width} px: {found}");
        }
    }
}
