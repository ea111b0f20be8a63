const { Router } = require("express");
const { member } = require("../guards");
const { ran } = require("../record");

const router = Router({ mergeParams: true });
router.use(member);

router.get("/", (req, res) => {
  ran("listLoans");
  res.json({ member: req.params.memberId, loans: [] });
});

router.post("/", (req, res) => {
  ran("lend");
  const { isbn, days } = req.body || {};
  res.status(201).json({ member: req.params.memberId, isbn, days });
});

router.get("/:loanId", (req, res) => {
  ran("getLoan");
  res.json({ loan: req.params.loanId });
});

router.delete("/:loanId", (req, res) => {
  ran("bringBack");
  res.status(204).end();
});

module.exports = router;
