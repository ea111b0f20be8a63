const express = require("express");
const { member } = require("../guards");
const { ran } = require("../record");

const router = express.Router();

router.get("/", (req, res) => {
  ran("listBooks");
  const { author, page = "1" } = req.query;
  res.json({ author, page, books: [] });
});

router
  .route("/:isbn")
  .get((req, res) => {
    ran("getBook");
    res.json({ isbn: req.params.isbn });
  })
  .put(member, (req, res) => {
    ran("putBook");
    const { title, pages } = req.body || {};
    if (!title) {
      return res.status(422).json({ error: "title" });
    }
    res.json({ isbn: req.params.isbn, title, pages });
  });

router.post("/", member, (req, res) => {
  ran("addBook");
  const { isbn, title } = req.body || {};
  res.status(201).json({ isbn, title });
});

/**
 * @deprecated Use the list with an author.
 */
router.get("/by/:author", (req, res) => {
  ran("booksBy");
  res.json([]);
});

module.exports = router;
