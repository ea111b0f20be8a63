// Writes down which handlers ran and which requests no route took; read by `cargo xtask interop`.
const fs = require("fs");

function write(entry) {
  fs.appendFileSync(process.env.RECORD, JSON.stringify(entry) + "\n");
}

exports.ran = (name) => write({ ran: name });
exports.lost = (method, path) => write({ lost: `${method} ${path}` });
