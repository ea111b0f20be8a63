function list(req, res) {
  res.json([]);
}

function show(req, res) {
  res.json({ id: req.params.id });
}

function refund(req, res) {
  res.sendStatus(202);
}

module.exports = { list, show, refund };
