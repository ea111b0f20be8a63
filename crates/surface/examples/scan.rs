//! Scans a folder and prints the catalog as JSON: `cargo run --example scan -- FOLDER`.
#![allow(clippy::print_stdout)]

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let tree = apicensus_source::Tree::open(&apicensus_source::OpenOptions { paths: vec![folder.into()], ..Default::default() })?;
    let catalog = apicensus_surface::scan::scan(&tree, &Default::default())?;
    println!("{}", serde_json::to_string_pretty(&catalog)?);
    Ok(())
}
