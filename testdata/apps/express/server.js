// A library: a public catalogue, loans for who has a token, an inner part for librarians.
const express = require("express");
const books = require("./routes/books");
const loans = require("./routes/loans");
const desk = require("./routes/desk");
const { ran, lost } = require("./record");

const app = express();
app.use(express.json());
app.use(express.urlencoded({ extended: false }));

app.get("/health", (req, res) => {
  ran("health");
  res.json({ ok: true });
});

const api = express.Router();
api.use("/books", books);
api.use("/members/:memberId/loans", loans);
app.use("/api", api);
app.use("/desk", desk);

app.use((req, res) => {
  lost(req.method, req.path);
  res.status(404).json({ error: "not found" });
});

app.use((error, req, res, next) => {
  res.status(400).json({ error: "bad request" });
});

app.listen(Number(process.env.PORT), "127.0.0.1");
