// For librarians; in no document.
const express = require("express");
const { member } = require("../guards");
const { ran } = require("../record");

const router = express.Router();
const counters = ["visits", "returns"];

for (const name of counters) {
  router.get(`/counters/${name}`, (req, res) => {
    ran(`counter ${name}`);
    res.json({ [name]: 1 });
  });
}

router.post("/fines", member, (req, res) => {
  ran("fine");
  const { memberId, cents } = req.body || {};
  res.json({ memberId, cents });
});

module.exports = router;
