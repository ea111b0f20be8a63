//! Apache Parquet (<https://parquet.apache.org/docs/file-format/>), a row an endpoint, all protocols, with the columns of the CSV export.
//! Uncompressed and without a time, so that the same catalog gives the same bytes. Built with the feature `parquet`.

use super::csv::{COLUMNS, cells};
use crate::{Content, Exported, Exporter, Input};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, Int64Type};
use parquet::errors::Result;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use std::sync::Arc;

pub struct Parquet;

impl Exporter for Parquet {
    fn name(&self) -> &'static str {
        "parquet"
    }
    fn about(&self) -> &'static str {
        "Apache Parquet, a row an endpoint"
    }
    fn is_binary(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        match bytes(input) {
            Ok(bytes) => Exported { content: Content::Bytes(bytes), left_out: Vec::new() },
            Err(_) => Exported {
                content: Content::Bytes(Vec::new()),
                left_out: vec![(input.catalog.endpoints.len(), "the rows could not be written as Parquet")],
            },
        }
    }
}

/// What a column holds.
enum Kind {
    Text,
    Truth,
    Number,
}

fn kind(column: &str) -> Kind {
    match column {
        "deprecated" => Kind::Truth,
        "line" => Kind::Number,
        _ => Kind::Text,
    }
}

fn bytes(input: &Input<'_>) -> Result<Vec<u8>> {
    let column = |name: &&str| match kind(name) {
        Kind::Text => format!("required binary {name} (STRING);"),
        Kind::Truth => format!("required boolean {name};"),
        Kind::Number => format!("required int64 {name};"),
    };
    let columns: String = COLUMNS.iter().map(column).collect();
    let schema = Arc::new(parse_message_type(&format!("message endpoint {{ {columns} }}"))?);
    let properties = Arc::new(WriterProperties::builder().set_created_by("apicensus".to_owned()).build());
    let mut writer = SerializedFileWriter::new(Vec::new(), schema, properties)?;
    let rows: Vec<Vec<String>> = input.catalog.endpoints.iter().map(|e| cells(e, input.catalog)).collect();
    let mut group = writer.next_row_group()?;
    for (at, name) in COLUMNS.iter().enumerate() {
        let Some(mut column) = group.next_column()? else { break };
        let values = rows.iter().map(|row| row.get(at).map_or("", String::as_str));
        match kind(name) {
            Kind::Text => {
                let values: Vec<ByteArray> = values.map(ByteArray::from).collect();
                column.typed::<ByteArrayType>().write_batch(&values, None, None)?;
            }
            Kind::Truth => {
                let values: Vec<bool> = values.map(|v| v == "true").collect();
                column.typed::<BoolType>().write_batch(&values, None, None)?;
            }
            Kind::Number => {
                let values: Vec<i64> = values.map(|v| v.parse().unwrap_or_default()).collect();
                column.typed::<Int64Type>().write_batch(&values, None, None)?;
            }
        }
        column.close()?;
    }
    group.close()?;
    writer.into_inner()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    #[test]
    fn rows_come_back() {
        let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../testdata/exports/sample.json")).unwrap();
        let catalog = serde_json::from_str(&text).unwrap();
        let options = crate::Options::default();
        let written = bytes(&Input { catalog: &catalog, options: &options }).unwrap();
        assert_eq!(written, bytes(&Input { catalog: &catalog, options: &options }).unwrap());
        let reader = SerializedFileReader::new(bytes::Bytes::from(written)).unwrap();
        assert_eq!(reader.metadata().file_metadata().num_rows() as usize, catalog.endpoints.len());
        assert_eq!(reader.metadata().file_metadata().schema_descr().num_columns(), COLUMNS.len());
    }
}
