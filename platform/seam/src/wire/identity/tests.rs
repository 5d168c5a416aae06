//! Who holds the key is known, and nobody else is.

use super::*;

const PATH: &str = "/seam/line";

fn topology() -> (Identity, Identity, Identity) {
    let (secret, groups) = (Secret::random(), ["storefront", "orders", "reviews"]);
    let [storefront, orders, reviews] = groups.map(|group| secret.identity(group, &groups));
    (storefront, orders, reviews)
}

#[test]
fn a_group_is_known_by_its_proof_and_by_its_token() {
    let (storefront, orders, _) = topology();
    let proof = storefront.proof("orders", PATH).unwrap();
    assert_eq!(orders.check(Some(&proof), PATH, None).unwrap().group, "storefront");
    let token = format!("Bearer {}", storefront.bearer("orders").unwrap());
    assert_eq!(orders.check(Some(&token), PATH, None).unwrap().group, "storefront");
}

#[test]
fn what_proves_nothing_is_refused() {
    let (storefront, orders, reviews) = topology();
    let proof = storefront.proof("orders", PATH).unwrap();
    let stranger = Secret::random().identity("storefront", &["orders"]).proof("orders", PATH).unwrap();
    let cases = [
        (None, PATH, Refused::NoProof, "nothing"),
        (Some("Basic eA=="), PATH, Refused::Unreadable, "another scheme"),
        (Some("Cleave storefront:1:2"), PATH, Refused::Unreadable, "a part is missing"),
        (Some("Bearer storefront"), PATH, Refused::Unreadable, "a token without its key"),
        (Some(stranger.as_str()), PATH, Refused::Forged, "another topology's key"),
        (Some(proof.as_str()), "/seam/cart/clear", Refused::Forged, "made for another path"),
    ];
    for (proof, path, refused, reason) in cases {
        assert_eq!(orders.check(proof, path, None).unwrap_err(), refused, "{reason}");
    }
    assert_eq!(reviews.check(Some(&proof), PATH, None).unwrap_err(), Refused::Forged, "made for another callee");
    let renamed = proof.replace("storefront", "reviews");
    assert_eq!(orders.check(Some(&renamed), PATH, None).unwrap_err(), Refused::Forged, "another group's name");
    let strange = proof.replace("storefront", "nobody");
    assert_eq!(orders.check(Some(&strange), PATH, None).unwrap_err(), Refused::UnknownGroup);
}

#[test]
fn an_old_proof_is_refused() {
    let (storefront, orders, _) = topology();
    let (issued, nonce) = (unix_seconds() - 2 * PROOF_HOLDS.as_secs(), [7; 16]);
    let key = &storefront.0.pairs["orders"].to;
    let mac = proof_mac(key, "storefront", "orders", PATH, issued, &nonce).finalize().into_bytes();
    let proof = format!("Cleave storefront:{issued}:{}:{}", hexadecimal(&nonce), hexadecimal(&mac));
    assert_eq!(orders.check(Some(&proof), PATH, None).unwrap_err(), Refused::Stale);
}

#[test]
fn a_proof_opens_one_line() {
    let (storefront, orders, _) = topology();
    let proof = storefront.proof("orders", PATH).unwrap();
    let (used, proven) = (UsedProofs::default(), orders.check(Some(&proof), PATH, None).unwrap());
    assert_eq!(used.note(&proven), Ok(()));
    assert_eq!(used.note(&proven), Err(Refused::Replayed));
}

#[test]
fn an_identity_survives_its_text_and_hides_its_keys() {
    let (storefront, orders, _) = topology();
    let again = Identity::from_text(&storefront.to_text()).unwrap();
    let proof = again.proof("orders", PATH).unwrap();
    assert!(orders.check(Some(&proof), PATH, None).is_ok());
    assert_eq!(format!("{again:?}"), "Identity(storefront, 3 keys)");
    assert!(Identity::from_text("{}").is_err());
}
