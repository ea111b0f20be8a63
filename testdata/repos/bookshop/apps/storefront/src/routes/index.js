const { Router } = require('express');
const resource = require('../resource');
const cart = require('./cart');
const orders = require('./orders');

const router = Router();

resource(router, '/carts', cart);
resource(router, '/orders', orders);
router.post('/orders/:id/refund', orders.refund);

module.exports = router;
