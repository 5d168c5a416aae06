//! The data folders of the two: filled once, copied, so that both serve the same goods and know the same visitors.

use std::{fs, path::Path};

use anyhow::Context as _;
use cleave::{settings::Seed, shop_data};
use runtime::Runtime;

/// Where the shop keeps the key that visits are signed with.
const SESSION_KEY: &str = "session.key";

/// Makes a folder with a shop's goods in it.
pub(crate) fn fill(folder: &Path) -> anyhow::Result<()> {
    actix_web::rt::System::new().block_on(async {
        let runtime = Runtime::in_folder(folder)?;
        shop_data::fill(&runtime, Seed::default().products).await?;
        session_key(&runtime)?;
        runtime.end().await;
        Ok(())
    })
}

/// The key that visits are signed with. A fixed one would do, as long as both have it.
pub(crate) fn session_key(runtime: &Runtime) -> anyhow::Result<Vec<u8>> {
    Ok(runtime.folder.secret(SESSION_KEY, || vec![7; 32])?)
}

/// Copies the files of a folder at rest.
pub(crate) fn copy(from: &Path, to: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let file = entry?.path();
        let name = file.file_name().expect("what lies in a folder has a name");
        if file.is_file() {
            fs::copy(&file, to.join(name)).with_context(|| format!("{} cannot be copied", file.display()))?;
        }
    }
    Ok(())
}
