//! Certificates for hops, where the settings ask for them: `up` is the authority, and each group gets what proves that it is itself.

use std::collections::BTreeMap;

use seam::wire::Tls;

use crate::settings::Settings;

/// What each group needs to be believed by the others, from an authority that is made here and forgotten; empty where hops go in the
/// open.
///
/// # Errors
/// When no certificate can be made, or this binary has no use for any.
#[cfg(feature = "tls")]
pub fn credentials(groups: &[&str], settings: &Settings) -> anyhow::Result<BTreeMap<String, String>> {
    if !settings.seam.tls {
        return Ok(BTreeMap::new());
    }
    let authority = seam::wire::Authority::random()?;
    groups.iter().map(|group| Ok(((*group).to_owned(), authority.certify(group)?.to_text()))).collect()
}

/// What seals the connections of a process that was given these credentials.
///
/// # Errors
/// When the settings ask for TLS and there are none, or they cannot be read.
#[cfg(feature = "tls")]
pub fn tls(credentials: Option<&str>, settings: &Settings) -> anyhow::Result<Option<Tls>> {
    use anyhow::Context as _;

    if !settings.seam.tls {
        return Ok(None);
    }
    let credentials = credentials.context(
        "`seam.tls` is set, but this process has no certificate: start the topology with `cleave up`, which hands them out",
    )?;
    Ok(Some(Tls::new(seam::wire::Credentials::from_text(credentials)?)?))
}

/// Nothing, in a binary that cannot seal.
///
/// # Errors
/// When the settings ask for it.
#[cfg(not(feature = "tls"))]
pub fn credentials(_: &[&str], settings: &Settings) -> anyhow::Result<BTreeMap<String, String>> {
    tls(None, settings).map(|_| BTreeMap::new())
}

/// Nothing, in a binary that cannot seal.
///
/// # Errors
/// When the settings ask for it.
#[cfg(not(feature = "tls"))]
pub fn tls(_: Option<&str>, settings: &Settings) -> anyhow::Result<Option<Tls>> {
    anyhow::ensure!(
        !settings.seam.tls,
        "`seam.tls` is set, but this binary cannot seal hops: build it with `--features tls`"
    );
    Ok(None)
}
