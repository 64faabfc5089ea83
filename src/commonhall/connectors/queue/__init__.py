"""Message queues: AMQP 0-9-1, as RabbitMQ and brokers like it speak it."""
