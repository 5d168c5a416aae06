//! Which source wins, and what is said about a wrong one.

use serde::Deserialize;

use super::*;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shop {
    listen: String,
    origins: Vec<String>,
    provider: Option<String>,
    password: Secret,
    page: Page,
    limits: BTreeMap<String, u32>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Page {
    products: u32,
    share: f64,
    greeting: bool,
}

impl Default for Shop {
    fn default() -> Self {
        Self {
            listen: "127.0.0.1:8080".to_owned(),
            origins: Vec::new(),
            provider: None,
            password: Secret::default(),
            page: Page { products: 24, share: 0.5, greeting: false },
            limits: BTreeMap::new(),
        }
    }
}

fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn without_sources_the_defaults_hold() {
    let settings = Settings::<Shop>::sources().load().unwrap();

    assert_eq!(settings.value.page.products, 24);
    assert_eq!(settings.value.provider, None);
    assert!(settings.explain().iter().all(|explained| explained.origin == "built-in default"));
}

#[test]
fn the_stronger_source_wins_value_by_value() {
    let settings = Settings::<Shop>::sources()
        .toml("shop.toml", "listen = \"a:1\"\n\n[page]\nproducts = 1\nshare = 0.25\ngreeting = true\n")
        .layer(Layer::new("topology services").set("page.products", "2").set("listen", "b:2"))
        .variables(variables(&[("CLEAVE__LISTEN", "c:3"), ("PATH", "/bin")]))
        .layer(Layer::new("--listen").set("listen", "d:4"))
        .load()
        .unwrap();

    assert_eq!(settings.value.listen, "d:4");
    assert_eq!(settings.value.page.products, 2);
    assert!((settings.value.page.share - 0.25).abs() < f64::EPSILON);
    let told: Vec<String> = settings.explain().iter().map(ToString::to_string).collect();
    assert!(told.contains(&"listen = \"d:4\"  # --listen".to_owned()), "{told:#?}");
    assert!(told.contains(&"page.products = 2  # topology services".to_owned()), "{told:#?}");
    assert!(told.contains(&"page.greeting = true  # shop.toml:6".to_owned()), "{told:#?}");
    assert!(told.contains(&"provider = null  # built-in default".to_owned()), "{told:#?}");
}

#[test]
fn text_becomes_what_the_setting_is() {
    let settings = Settings::<Shop>::sources()
        .variables(variables(&[
            ("CLEAVE__ORIGINS", "https://one, https://two"),
            ("CLEAVE__PAGE__PRODUCTS", "7"),
            ("CLEAVE__PAGE__GREETING", "true"),
            ("CLEAVE__PROVIDER", "http://bank"),
            ("CLEAVE__LIMITS__ORDERS", "9"),
        ]))
        .load()
        .unwrap()
        .value;

    assert_eq!(settings.origins, ["https://one", "https://two"]);
    assert_eq!((settings.page.products, settings.page.greeting), (7, true));
    assert_eq!(settings.provider.as_deref(), Some("http://bank"));
    assert_eq!(settings.limits["orders"], 9);
}

#[test]
fn all_unknown_keys_are_told_with_their_place_and_the_nearest_right_word() {
    let error = Settings::<Shop>::sources()
        .toml("shop.toml", "[page]\nproduct = 3\n")
        .variables(variables(&[("CLEAVE__LISTENN", "x"), ("CLEAVE__WEATHER__IN__SPRING", "fine")]))
        .load()
        .unwrap_err()
        .to_string();

    assert_eq!(
        error.lines().collect::<Vec<_>>(),
        [
            "there is no setting `page.product` (shop.toml:2); did you mean `page.products`?",
            "there is no setting `listenn` (environment variable CLEAVE__LISTENN); did you mean `listen`?",
            "there is no setting `weather.in.spring` (environment variable CLEAVE__WEATHER__IN__SPRING); `cleave serve --print-settings` lists those that exist",
        ]
    );
}

#[test]
fn a_wrong_value_is_told_with_its_place() {
    let error = Settings::<Shop>::sources().toml("shop.toml", "[page]\nproducts = \"many\"\n").load();

    let error = error.unwrap_err().to_string();
    assert!(error.contains("page.products") && error.contains("shop.toml:2") && error.contains("many"), "{error}");
}

#[test]
fn a_file_that_is_no_toml_is_told_with_its_line() {
    let error = Settings::<Shop>::sources().toml("shop.toml", "listen = \"a\"\npage = [\n").load();

    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("shop.toml:"), "{error}");
}

#[test]
fn a_folder_is_read_in_the_order_of_its_names() {
    let folder = testkit::Folder::new();
    std::fs::write(folder.path().join("10-shop.toml"), "listen = \"first\"\n").unwrap();
    std::fs::write(folder.path().join("20-here.toml"), "listen = \"second\"\n").unwrap();
    std::fs::write(folder.path().join("notes.txt"), "not a setting").unwrap();

    let settings = Settings::<Shop>::sources().path(folder.path()).load().unwrap();
    assert_eq!(settings.value.listen, "second");

    let missing = Settings::<Shop>::sources().path(&folder.path().join("nowhere.toml")).load();
    assert!(missing.unwrap_err().to_string().contains("nowhere.toml"));
}

#[test]
fn secrets_are_loaded_and_not_shown() {
    let settings =
        Settings::<Shop>::sources().variables(variables(&[("CLEAVE__PASSWORD", "open sesame")])).load().unwrap();

    assert_eq!(settings.value.password.expose(), "open sesame");
    let told = format!("{:?} {:?}", settings.value, settings.explain());
    assert!(!told.contains("sesame"), "{told}");
}
