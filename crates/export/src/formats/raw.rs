//! A folder of requests as HTTP/1.1 text (RFC 9112), one a file, as `ffuf -request`, `sqlmap -r` and Burp Suite read them. The
//! token is a placeholder, `${NAME}`.

use crate::operation::operations;
use crate::request::Base;
use crate::{Exported, Exporter, Input, escape};

pub struct Raw;

impl Exporter for Raw {
    fn name(&self) -> &'static str {
        "raw"
    }
    fn about(&self) -> &'static str {
        "Folder of requests as HTTP text, for ffuf -request and sqlmap -r"
    }
    fn is_folder(&self) -> bool {
        true
    }
    fn write(&self, input: &Input<'_>) -> Exported {
        let (operations, left_out) = operations(input);
        let token = format!("${{{}}}", input.options.token());
        let file = |(number, o): (usize, &crate::Operation<'_>)| {
            let mark = if o.is_destructive { "destructive/" } else { "" };
            let name = escape::file(&format!("{:04}-{}-{}", number + 1, o.method, o.id));
            (format!("{mark}{name}.http"), o.raw(&Base::of(input.host(&o.endpoint.service)), &token))
        };
        Exported::folder(operations.iter().enumerate().map(file).collect(), left_out)
    }
}
